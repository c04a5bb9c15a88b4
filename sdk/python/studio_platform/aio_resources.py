"""Every operation as a method. Written by `make docs` from the OpenAPI document: change the platform, not this file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from studio_platform import models
from studio_platform.aio import AsyncGroup
from studio_platform.files import AsyncDownload, Source
from studio_platform.pages import AsyncPage
from studio_platform.requests import UNSET, Endpoint, Progress, Unset
from studio_platform.streams import ServerEvent


class AsyncAudit(AsyncGroup):
    """The operations ``audit``."""

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        actor: str | Unset = UNSET,
        action: str | Unset = UNSET,
        resource: str | Unset = UNSET,
        created_after: str | datetime | Unset = UNSET,
        created_before: str | datetime | Unset = UNSET,
    ) -> AsyncPage[models.AuditEntry]:
        """Read the audit log.

        Needs the permission `audit:read` and the scope `admin`.
        """
        return await self._page(
            Endpoint("audit.list", "GET", "/api/v1/audit-log"),
            (),
            models.AuditEntry,
            key="entries",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "actor": actor,
                "action": action,
                "resource": resource,
                "created_after": created_after,
                "created_before": created_before,
            },
        )

    async def seal(
        self,
    ) -> models.AuditSealState:
        """Show how far the audit log is sealed.

        Needs the permission `audit:read` and the scope `admin`.
        """
        return await self._data(
            Endpoint("audit.seal", "GET", "/api/v1/audit-log/seal"),
            (),
            models.AuditSealState,
        )


class AsyncPlugins(AsyncGroup):
    """The operations ``plugins``."""

    async def list(
        self,
    ) -> models.PluginList:
        """List the installed plugins.

        Needs the permission `plugins:read` and the scope `admin`.
        """
        return await self._data(
            Endpoint("plugins.list", "GET", "/api/v1/plugins"),
            (),
            models.PluginList,
        )


class AsyncJobs(AsyncGroup):
    """The operations ``jobs``."""

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        state: Literal["queued", "waiting", "running", "succeeded", "failed", "cancelled"] | Unset = UNSET,
        kind: str | Unset = UNSET,
        created_after: str | datetime | Unset = UNSET,
        created_before: str | datetime | Unset = UNSET,
    ) -> AsyncPage[models.JobState]:
        """List background jobs.

        Needs the permission `jobs:read` and the scope `read`.
        """
        return await self._page(
            Endpoint("jobs.list", "GET", "/api/v1/jobs"),
            (),
            models.JobState,
            key="jobs",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "state": state,
                "kind": kind,
                "created_after": created_after,
                "created_before": created_before,
            },
        )

    async def read(
        self,
        job_id: str,
    ) -> models.JobState:
        """Show a background job.

        Needs the permission `jobs:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("jobs.read", "GET", "/api/v1/jobs/{}"),
            (job_id,),
            models.JobState,
        )

    get = read

    async def cancel(
        self,
        job_id: str,
    ) -> models.JobState:
        """Cancel a background job.

        One under way is told at its next look. 409 for one that has finished. Needs the permission
        `jobs:manage` and the scope `write`.
        """
        return await self._data(
            Endpoint("jobs.cancel", "POST", "/api/v1/jobs/{}/cancel"),
            (job_id,),
            models.JobState,
        )

    async def retry(
        self,
        job_id: str,
    ) -> models.JobState:
        """Try a failed or cancelled background job again.

        From its first attempt. 409 for one that is neither failed nor cancelled. Needs the permission
        `jobs:manage` and the scope `write`.
        """
        return await self._data(
            Endpoint("jobs.retry", "POST", "/api/v1/jobs/{}/retry"),
            (job_id,),
            models.JobState,
        )


class AsyncAuth(AsyncGroup):
    """The operations ``auth``."""

    async def login(
        self,
        *,
        email: str,
        password: str,
        otp: str | Unset = UNSET,
    ) -> models.LoginAnswer:
        """Log in with address and password.

        After several failures, further attempts have to wait: 429 with Retry-After. Where the account has a
        second factor and no code was sent, 401 with `otp` as the field; send all again, with the code.
        Anybody may call this.
        """
        return await self._data(
            Endpoint("auth.login", "POST", "/api/v1/auth/login", body="json"),
            (),
            models.LoginAnswer,
            body={"email": email, "password": password, "otp": otp},
        )

    async def refresh(
        self,
        *,
        refresh_token: str,
    ) -> models.Tokens:
        """Exchange a refresh token for new tokens.

        A refresh token works once; shown a second time, it ends its session. Anybody may call this.
        """
        return await self._data(
            Endpoint("auth.refresh", "POST", "/api/v1/auth/refresh", body="json"),
            (),
            models.Tokens,
            body={"refresh_token": refresh_token},
        )

    async def reset_password(
        self,
        *,
        token: str,
        new_password: str,
    ) -> str:
        """Set a new password with a one-time token.

        Every session of the account ends. Anybody may call this.
        """
        return await self._message(
            Endpoint("auth.reset_password", "POST", "/api/v1/auth/reset-password", body="json"),
            (),
            body={"token": token, "new_password": new_password},
        )

    async def logout(
        self,
    ) -> str:
        """End the session: its access and refresh tokens stop at once.

        Needs the permission `users:self` and the scope `read`.
        """
        return await self._message(
            Endpoint("auth.logout", "POST", "/api/v1/auth/logout"),
            (),
        )


class AsyncUsers(AsyncGroup):
    """The operations ``users``."""

    async def me(
        self,
    ) -> models.UserDetail:
        """Show one's own account.

        Needs the permission `users:self` and the scope `read`.
        """
        return await self._data(
            Endpoint("users.me", "GET", "/api/v1/users/me"),
            (),
            models.UserDetail,
        )

    async def change_password(
        self,
        *,
        current_password: str,
        new_password: str,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Change one's own password.

        Every other session of the account ends. Needs the permission `users:self` and the scope `write`.
        """
        return await self._message(
            Endpoint("users.change_password", "PUT", "/api/v1/users/me/password", body="json"),
            (),
            body={"current_password": current_password, "new_password": new_password},
            if_match=if_match,
        )

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at", "updated_at", "name", "email", "role"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        role: Literal["super_admin", "admin", "manager", "auditor", "customer", "viewer"] | Unset = UNSET,
        status: Literal["active", "disabled"] | Unset = UNSET,
        created_after: str | datetime | Unset = UNSET,
        created_before: str | datetime | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.UserInList]:
        """List accounts.

        Needs the permission `users:read` and the scope `admin`.
        """
        return await self._page(
            Endpoint("users.list", "GET", "/api/v1/users"),
            (),
            models.UserInList,
            key="users",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "role": role,
                "status": status,
                "created_after": created_after,
                "created_before": created_before,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def create(
        self,
        *,
        email: str,
        name: str,
        role: Literal["super_admin", "admin", "manager", "auditor", "customer", "viewer"],
        password: str,
    ) -> models.UserDetail:
        """Create an account.

        Needs the permission `users:create` and the scope `admin`.
        """
        return await self._data(
            Endpoint("users.create", "POST", "/api/v1/users", body="json"),
            (),
            models.UserDetail,
            body={"email": email, "name": name, "role": role, "password": password},
        )

    async def read(
        self,
        user_id: str,
    ) -> models.UserDetail:
        """Show an account: one's own, or any as an administrator.

        Needs the permission `users:self` and the scope `read`.
        """
        return await self._data(
            Endpoint("users.read", "GET", "/api/v1/users/{}"),
            (user_id,),
            models.UserDetail,
        )

    get = read

    async def update(
        self,
        user_id: str,
        *,
        name: str | Unset = UNSET,
        preferences: Mapping[str, Any] | Unset = UNSET,
        email: str | Unset = UNSET,
        role: Literal["super_admin", "admin", "manager", "auditor", "customer", "viewer"] | Unset = UNSET,
        status: Literal["active", "disabled"] | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.UserDetail:
        """Change an account: one's own name and preferences, or others' as an administrator.

        Needs the permission `users:self` and the scope `write`.
        """
        return await self._data(
            Endpoint("users.update", "PUT", "/api/v1/users/{}", body="json"),
            (user_id,),
            models.UserDetail,
            body={"name": name, "preferences": preferences, "email": email, "role": role, "status": status},
            if_match=if_match,
        )

    async def delete(
        self,
        user_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Delete an account; its tokens and keys stop at once.

        Needs the permission `users:delete` and the scope `admin`.
        """
        return await self._message(
            Endpoint("users.delete", "DELETE", "/api/v1/users/{}"),
            (user_id,),
            if_match=if_match,
        )

    async def reset_password(
        self,
        user_id: str,
    ) -> models.PasswordResetToken:
        """Issue a one-time token with which the account's owner sets a new password.

        It is shown only now. An earlier one ends; nothing else changes until it is used. Needs the permission
        `users:update` and the scope `admin`.
        """
        return await self._data(
            Endpoint("users.reset_password", "POST", "/api/v1/users/{}/password-reset"),
            (user_id,),
            models.PasswordResetToken,
        )

    async def export_own_data(
        self,
    ) -> models.PersonalDocument:
        """Hand over all that the platform holds of oneself.

        Needs the permission `users:self` and the scope `read`.
        """
        return await self._bare(
            Endpoint("users.export_own_data", "GET", "/api/v1/users/me/data-export"),
            (),
            models.PersonalDocument,
        )

    async def export_data(
        self,
        user_id: str,
    ) -> models.PersonalDocument:
        """Hand over all that the platform holds of a person.

        Needs the permission `users:read` and the scope `admin`.
        """
        return await self._bare(
            Endpoint("users.export_data", "GET", "/api/v1/users/{}/data-export"),
            (user_id,),
            models.PersonalDocument,
        )

    async def erase(
        self,
        user_id: str,
        *,
        confirm: str,
    ) -> models.ErasureStarted:
        """Erase a person.

        The account stops at once. What needn't stay is deleted and what must stay loses name and address, in
        a background job. It can't be undone. Needs the permission `users:delete` and the scope `admin`.
        """
        return await self._data(
            Endpoint("users.erase", "POST", "/api/v1/users/{}/erasure", body="json"),
            (user_id,),
            models.ErasureStarted,
            body={"confirm": confirm},
        )


class AsyncSecondFactor(AsyncGroup):
    """The operations ``second_factor``."""

    async def read(
        self,
    ) -> models.FactorStatus:
        """Show whether one's own second factor is on.

        Needs the permission `second_factor:manage` and the scope `read`.
        """
        return await self._data(
            Endpoint("second_factor.read", "GET", "/api/v1/users/me/second-factor"),
            (),
            models.FactorStatus,
        )

    get = read

    async def begin(
        self,
        *,
        current_password: str,
    ) -> models.FactorBegun:
        """Get a secret for an authenticator; it counts once a code of it was confirmed.

        Needs the permission `second_factor:manage` and the scope `write`.
        """
        return await self._data(
            Endpoint("second_factor.begin", "POST", "/api/v1/users/me/second-factor", body="json"),
            (),
            models.FactorBegun,
            body={"current_password": current_password},
        )

    async def confirm(
        self,
        *,
        otp: str,
    ) -> models.RecoveryCodes:
        """Turn the second factor on with a first code; the recovery codes are shown only now.

        Every other session of the account ends. Needs the permission `second_factor:manage` and the scope
        `write`.
        """
        return await self._data(
            Endpoint("second_factor.confirm", "POST", "/api/v1/users/me/second-factor/confirm", body="json"),
            (),
            models.RecoveryCodes,
            body={"otp": otp},
        )

    async def renew_codes(
        self,
        *,
        current_password: str,
        otp: str,
    ) -> models.RecoveryCodes:
        """Get new recovery codes in place of the old ones.

        Needs the permission `second_factor:manage` and the scope `write`.
        """
        return await self._data(
            Endpoint("second_factor.renew_codes", "POST", "/api/v1/users/me/second-factor/recovery-codes", body="json"),
            (),
            models.RecoveryCodes,
            body={"current_password": current_password, "otp": otp},
        )

    async def disable(
        self,
        *,
        current_password: str,
        otp: str,
    ) -> str:
        """Turn one's own second factor off.

        Needs the permission `second_factor:manage` and the scope `write`.
        """
        return await self._message(
            Endpoint("second_factor.disable", "POST", "/api/v1/users/me/second-factor/disable", body="json"),
            (),
            body={"current_password": current_password, "otp": otp},
        )

    async def reset(
        self,
        user_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Turn another's second factor off, after a device was lost.

        The account's sessions end. Needs the permission `users:update` and the scope `admin`.
        """
        return await self._message(
            Endpoint("second_factor.reset", "DELETE", "/api/v1/users/{}/second-factor"),
            (user_id,),
            if_match=if_match,
        )


class AsyncSessions(AsyncGroup):
    """The operations ``sessions``."""

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at", "expires_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
    ) -> AsyncPage[models.SessionDetail]:
        """List one's own sessions.

        Needs the permission `users:self` and the scope `read`.
        """
        return await self._page(
            Endpoint("sessions.list", "GET", "/api/v1/users/me/sessions"),
            (),
            models.SessionDetail,
            key="sessions",
            query={"page": page, "limit": limit, "cursor": cursor, "sort": sort, "order": order},
        )

    async def end_others(
        self,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """End all of one's own sessions but this one, at once.

        Needs the permission `users:self` and the scope `write`.
        """
        return await self._message(
            Endpoint("sessions.end_others", "DELETE", "/api/v1/users/me/sessions"),
            (),
            if_match=if_match,
        )

    async def end(
        self,
        session_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """End one of one's own sessions, at once.

        Needs the permission `users:self` and the scope `write`.
        """
        return await self._message(
            Endpoint("sessions.end", "DELETE", "/api/v1/users/me/sessions/{}"),
            (session_id,),
            if_match=if_match,
        )


class AsyncApplications(AsyncGroup):
    """The operations ``applications``."""

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at", "updated_at", "name"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.ApplicationDetail]:
        """List the applications that one has let act for oneself.

        Needs the permission `users:self` and the scope `read`.
        """
        return await self._page(
            Endpoint("applications.list", "GET", "/api/v1/users/me/applications"),
            (),
            models.ApplicationDetail,
            key="applications",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def revoke(
        self,
        client_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Take back what an application may do; its tokens and keys stop at once.

        Needs the permission `users:self` and the scope `write`.
        """
        return await self._message(
            Endpoint("applications.revoke", "DELETE", "/api/v1/users/me/applications/{}"),
            (client_id,),
            if_match=if_match,
        )


class AsyncApiKeys(AsyncGroup):
    """The operations ``api_keys``."""

    async def create(
        self,
        *,
        name: str,
        scopes: Sequence[str],
        description: str | Unset = UNSET,
        expires_at: str | datetime | Unset | None = UNSET,
    ) -> models.ApiKeyCreated:
        """Make an API key; its secret is shown only now.

        Needs the permission `api_keys:manage` and the scope `write`.
        """
        return await self._bare(
            Endpoint("api_keys.create", "POST", "/api/v1/api-keys", body="json"),
            (),
            models.ApiKeyCreated,
            body={"name": name, "scopes": scopes, "description": description, "expires_at": expires_at},
        )

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at", "name"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.ApiKeyDetail]:
        """List one's own API keys.

        Needs the permission `api_keys:manage` and the scope `read`.
        """
        return await self._page(
            Endpoint("api_keys.list", "GET", "/api/v1/api-keys"),
            (),
            models.ApiKeyDetail,
            key="api_keys",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def read(
        self,
        key_id: str,
    ) -> models.ApiKeyDetail:
        """Show one of one's own API keys.

        Needs the permission `api_keys:manage` and the scope `read`.
        """
        return await self._data(
            Endpoint("api_keys.read", "GET", "/api/v1/api-keys/{}"),
            (key_id,),
            models.ApiKeyDetail,
        )

    get = read

    async def delete(
        self,
        key_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Revoke one of one's own API keys, at once.

        Needs the permission `api_keys:manage` and the scope `write`.
        """
        return await self._message(
            Endpoint("api_keys.delete", "DELETE", "/api/v1/api-keys/{}"),
            (key_id,),
            if_match=if_match,
        )

    async def rotate(
        self,
        key_id: str,
    ) -> models.ApiKeyCreated:
        """Give an API key a new secret; the old one stops at once.

        Needs the permission `api_keys:manage` and the scope `write`.
        """
        return await self._bare(
            Endpoint("api_keys.rotate", "POST", "/api/v1/api-keys/{}/rotate"),
            (key_id,),
            models.ApiKeyCreated,
        )


class AsyncOauth(AsyncGroup):
    """The operations ``oauth``."""

    async def token(
        self,
        *,
        grant_type: str | Unset = UNSET,
        code: str | Unset = UNSET,
        redirect_uri: str | Unset = UNSET,
        client_id: str | Unset = UNSET,
        client_secret: str | Unset = UNSET,
        code_verifier: str | Unset = UNSET,
        refresh_token: str | Unset = UNSET,
        scope: str | Unset = UNSET,
    ) -> models.TokenAnswer:
        """Get tokens: authorization code, client credentials or refresh token.

        Anybody may call this.
        """
        return await self._bare(
            Endpoint("oauth.token", "POST", "/oauth/token", body="form"),
            (),
            models.TokenAnswer,
            body={
                "grant_type": grant_type,
                "code": code,
                "redirect_uri": redirect_uri,
                "client_id": client_id,
                "client_secret": client_secret,
                "code_verifier": code_verifier,
                "refresh_token": refresh_token,
                "scope": scope,
            },
        )

    async def revoke(
        self,
        *,
        token: str | Unset = UNSET,
        token_type_hint: str | Unset = UNSET,
        client_id: str | Unset = UNSET,
        client_secret: str | Unset = UNSET,
    ) -> dict[str, Any]:
        """End the session of a token that the client was given.

        Anybody may call this.
        """
        return await self._bare(
            Endpoint("oauth.revoke", "POST", "/oauth/revoke", body="form"),
            (),
            dict,
            body={
                "token": token,
                "token_type_hint": token_type_hint,
                "client_id": client_id,
                "client_secret": client_secret,
            },
        )

    async def introspect(
        self,
        *,
        token: str | Unset = UNSET,
        token_type_hint: str | Unset = UNSET,
        client_id: str | Unset = UNSET,
        client_secret: str | Unset = UNSET,
    ) -> models.Introspection:
        """Tell whether a token holds, and what it is.

        Anybody may call this.
        """
        return await self._bare(
            Endpoint("oauth.introspect", "POST", "/oauth/introspect", body="form"),
            (),
            models.Introspection,
            body={
                "token": token,
                "token_type_hint": token_type_hint,
                "client_id": client_id,
                "client_secret": client_secret,
            },
        )

    async def authorize(
        self,
        *,
        response_type: str | Unset = UNSET,
        client_id: str | Unset = UNSET,
        redirect_uri: str | Unset = UNSET,
        scope: str | Unset = UNSET,
        state: str | Unset = UNSET,
        code_challenge: str | Unset = UNSET,
        code_challenge_method: str | Unset = UNSET,
    ) -> str:
        """Ask a person for access: shows a login and consent page.

        Anybody may call this.
        """
        return await self._text(
            Endpoint("oauth.authorize", "GET", "/oauth/authorize"),
            (),
            query={
                "response_type": response_type,
                "client_id": client_id,
                "redirect_uri": redirect_uri,
                "scope": scope,
                "state": state,
                "code_challenge": code_challenge,
                "code_challenge_method": code_challenge_method,
            },
        )

    async def decide(
        self,
        *,
        csrf: str,
        decision: str,
        response_type: str | Unset = UNSET,
        client_id: str | Unset = UNSET,
        redirect_uri: str | Unset = UNSET,
        scope: str | Unset = UNSET,
        state: str | Unset = UNSET,
        code_challenge: str | Unset = UNSET,
        code_challenge_method: str | Unset = UNSET,
        email: str | Unset = UNSET,
        password: str | Unset = UNSET,
        otp: str | Unset = UNSET,
        pending: str | Unset = UNSET,
    ) -> str:
        """The login and consent page's form.

        Anybody may call this.
        """
        return await self._text(
            Endpoint("oauth.decide", "POST", "/oauth/authorize", body="form"),
            (),
            body={
                "csrf": csrf,
                "decision": decision,
                "response_type": response_type,
                "client_id": client_id,
                "redirect_uri": redirect_uri,
                "scope": scope,
                "state": state,
                "code_challenge": code_challenge,
                "code_challenge_method": code_challenge_method,
                "email": email,
                "password": password,
                "otp": otp,
                "pending": pending,
            },
        )

    async def metadata(
        self,
    ) -> models.ServerMetadata:
        """The authorization server's metadata (RFC 8414).

        Anybody may call this.
        """
        return await self._bare(
            Endpoint("oauth.metadata", "GET", "/.well-known/oauth-authorization-server"),
            (),
            models.ServerMetadata,
        )

    async def jwks(
        self,
    ) -> models.JsonWebKeySet:
        """The public keys that access tokens are verified with (RFC 7517).

        Anybody may call this.
        """
        return await self._bare(
            Endpoint("oauth.jwks", "GET", "/.well-known/jwks.json"),
            (),
            models.JsonWebKeySet,
        )


class AsyncAccount(AsyncGroup):
    """The operations ``account``."""

    async def page(
        self,
    ) -> str:
        """One's applications and sessions, as a page.

        Anybody may call this.
        """
        return await self._text(
            Endpoint("account.page", "GET", "/oauth/account"),
            (),
        )

    async def act(
        self,
        *,
        csrf: str,
        action: str,
        email: str | Unset = UNSET,
        password: str | Unset = UNSET,
        otp: str | Unset = UNSET,
        pending: str | Unset = UNSET,
        id: str | Unset = UNSET,
    ) -> str:
        """The forms of the account page: sign in and out, take back, end.

        Anybody may call this.
        """
        return await self._text(
            Endpoint("account.act", "POST", "/oauth/account", body="form"),
            (),
            body={
                "csrf": csrf,
                "action": action,
                "email": email,
                "password": password,
                "otp": otp,
                "pending": pending,
                "id": id,
            },
        )


class AsyncPassword(AsyncGroup):
    """The operations ``password``."""

    async def page(
        self,
    ) -> str:
        """Set a new password with a one-time token, as a page.

        Anybody may call this.
        """
        return await self._text(
            Endpoint("password.page", "GET", "/oauth/password"),
            (),
        )

    async def set(
        self,
        *,
        csrf: str,
        token: str | Unset = UNSET,
        new_password: str | Unset = UNSET,
    ) -> str:
        """The form of the page for a new password.

        Anybody may call this.
        """
        return await self._text(
            Endpoint("password.set", "POST", "/oauth/password", body="form"),
            (),
            body={"csrf": csrf, "token": token, "new_password": new_password},
        )


class AsyncOauthClients(AsyncGroup):
    """The operations ``oauth_clients``."""

    async def create(
        self,
        *,
        name: str,
        redirect_uris: Sequence[str] | Unset = UNSET,
        grant_types: Sequence[Literal["authorization_code", "client_credentials", "refresh_token"]] | Unset = UNSET,
        scopes: Sequence[str] | Unset = UNSET,
        confidential: bool | Unset = UNSET,
        role: Literal["admin", "manager", "auditor", "customer", "viewer"] | Unset = UNSET,
    ) -> models.ClientCreated:
        """Register an OAuth client; its secret is shown only now.

        Needs the permission `oauth_clients:manage` and the scope `admin`.
        """
        return await self._data(
            Endpoint("oauth_clients.create", "POST", "/api/v1/oauth/clients", body="json"),
            (),
            models.ClientCreated,
            body={
                "name": name,
                "redirect_uris": redirect_uris,
                "grant_types": grant_types,
                "scopes": scopes,
                "confidential": confidential,
                "role": role,
            },
        )

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at", "name"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.ClientDetail]:
        """List OAuth clients.

        Needs the permission `oauth_clients:manage` and the scope `admin`.
        """
        return await self._page(
            Endpoint("oauth_clients.list", "GET", "/api/v1/oauth/clients"),
            (),
            models.ClientDetail,
            key="clients",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def read(
        self,
        client_id: str,
    ) -> models.ClientDetail:
        """Show an OAuth client.

        Needs the permission `oauth_clients:manage` and the scope `admin`.
        """
        return await self._data(
            Endpoint("oauth_clients.read", "GET", "/api/v1/oauth/clients/{}"),
            (client_id,),
            models.ClientDetail,
        )

    get = read

    async def delete(
        self,
        client_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Delete an OAuth client; its tokens stop at once.

        Needs the permission `oauth_clients:manage` and the scope `admin`.
        """
        return await self._message(
            Endpoint("oauth_clients.delete", "DELETE", "/api/v1/oauth/clients/{}"),
            (client_id,),
            if_match=if_match,
        )

    async def rotate_secret(
        self,
        client_id: str,
        *,
        overlap_hours: float | Unset = UNSET,
    ) -> models.SecretRotated:
        """Give an OAuth client a new secret, which is shown only now.

        The secret that it had is taken until `previous_secret_until`, so that nothing has to stop. Needs the
        permission `oauth_clients:manage` and the scope `admin`.
        """
        return await self._data(
            Endpoint("oauth_clients.rotate_secret", "POST", "/api/v1/oauth/clients/{}/rotate-secret", body="json"),
            (client_id,),
            models.SecretRotated,
            body={"overlap_hours": overlap_hours},
        )


class AsyncProjectsMembers(AsyncGroup):
    """The operations ``projects.members``."""

    async def list(
        self,
        project_id: str,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["joined_at", "role"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        role: Literal["manager", "compliance_lead", "team_member", "auditor", "viewer"] | Unset = UNSET,
    ) -> AsyncPage[models.NamedMember]:
        """List a project's team.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._page(
            Endpoint("projects.members.list", "GET", "/api/v1/projects/{}/members"),
            (project_id,),
            models.NamedMember,
            key="members",
            query={"page": page, "limit": limit, "cursor": cursor, "sort": sort, "order": order, "role": role},
        )

    async def add(
        self,
        project_id: str,
        *,
        user_id: str,
        role: Literal["manager", "compliance_lead", "team_member", "auditor", "viewer"],
    ) -> models.NamedMember:
        """Take an account into the team.

        Needs the permission `projects:team` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.members.add", "POST", "/api/v1/projects/{}/members", body="json"),
            (project_id,),
            models.NamedMember,
            body={"user_id": user_id, "role": role},
        )

    async def read(
        self,
        project_id: str,
        user_id: str,
    ) -> models.NamedMember:
        """Show a member of the team.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("projects.members.read", "GET", "/api/v1/projects/{}/members/{}"),
            (project_id, user_id),
            models.NamedMember,
        )

    get = read

    async def update(
        self,
        project_id: str,
        user_id: str,
        *,
        role: Literal["manager", "compliance_lead", "team_member", "auditor", "viewer"],
        if_match: str | Unset = UNSET,
    ) -> models.NamedMember:
        """Give a member another role.

        Needs the permission `projects:team` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.members.update", "PUT", "/api/v1/projects/{}/members/{}", body="json"),
            (project_id, user_id),
            models.NamedMember,
            body={"role": role},
            if_match=if_match,
        )

    async def remove(
        self,
        project_id: str,
        user_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Take a member out of the team.

        Needs the permission `projects:team` and the scope `write`.
        """
        return await self._message(
            Endpoint("projects.members.remove", "DELETE", "/api/v1/projects/{}/members/{}"),
            (project_id, user_id),
            if_match=if_match,
        )


class AsyncProjectsMilestones(AsyncGroup):
    """The operations ``projects.milestones``."""

    async def list(
        self,
        project_id: str,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["due_date", "created_at", "name"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        status: Literal["pending", "in_progress", "completed"] | Unset = UNSET,
        due_after: str | datetime | Unset = UNSET,
        due_before: str | datetime | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.Milestone]:
        """List a project's milestones.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._page(
            Endpoint("projects.milestones.list", "GET", "/api/v1/projects/{}/milestones"),
            (project_id,),
            models.Milestone,
            key="milestones",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "status": status,
                "due_after": due_after,
                "due_before": due_before,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def create(
        self,
        project_id: str,
        *,
        name: str,
        due_date: str | datetime,
        description: str | Unset = UNSET,
        status: Literal["pending", "in_progress", "completed"] | Unset = UNSET,
    ) -> models.Milestone:
        """Add a milestone.

        Needs the permission `projects:milestones` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.milestones.create", "POST", "/api/v1/projects/{}/milestones", body="json"),
            (project_id,),
            models.Milestone,
            body={"name": name, "due_date": due_date, "description": description, "status": status},
        )

    async def read(
        self,
        project_id: str,
        milestone_id: str,
    ) -> models.Milestone:
        """Show a milestone.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("projects.milestones.read", "GET", "/api/v1/projects/{}/milestones/{}"),
            (project_id, milestone_id),
            models.Milestone,
        )

    get = read

    async def replace(
        self,
        project_id: str,
        milestone_id: str,
        *,
        name: str,
        due_date: str | datetime,
        description: str | Unset = UNSET,
        status: Literal["pending", "in_progress", "completed"] | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.Milestone:
        """Replace a milestone.

        Needs the permission `projects:milestones` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.milestones.replace", "PUT", "/api/v1/projects/{}/milestones/{}", body="json"),
            (project_id, milestone_id),
            models.Milestone,
            body={"name": name, "due_date": due_date, "description": description, "status": status},
            if_match=if_match,
        )

    async def update(
        self,
        project_id: str,
        milestone_id: str,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        due_date: str | datetime | Unset = UNSET,
        status: Literal["pending", "in_progress", "completed"] | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.Milestone:
        """Change a milestone.

        Needs the permission `projects:milestones` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.milestones.update", "PATCH", "/api/v1/projects/{}/milestones/{}", body="json"),
            (project_id, milestone_id),
            models.Milestone,
            body={"name": name, "description": description, "due_date": due_date, "status": status},
            if_match=if_match,
        )

    async def delete(
        self,
        project_id: str,
        milestone_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Delete a milestone.

        Needs the permission `projects:milestones` and the scope `write`.
        """
        return await self._message(
            Endpoint("projects.milestones.delete", "DELETE", "/api/v1/projects/{}/milestones/{}"),
            (project_id, milestone_id),
            if_match=if_match,
        )


class AsyncProjectsControls(AsyncGroup):
    """The operations ``projects.controls``."""

    async def list(
        self,
        project_id: str,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["position", "number", "title", "evidence_count", "updated_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        status: Literal["not_started", "in_progress", "complete", "not_applicable"] | Unset = UNSET,
        framework: str | Unset = UNSET,
        category: str | Unset = UNSET,
        priority: Literal["critical", "high", "medium", "low"] | Unset = UNSET,
        owner_id: str | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.ProjectControl]:
        """List the controls of a project.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._page(
            Endpoint("projects.controls.list", "GET", "/api/v1/projects/{}/controls"),
            (project_id,),
            models.ProjectControl,
            key="controls",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "status": status,
                "framework": framework,
                "category": category,
                "priority": priority,
                "owner_id": owner_id,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def bulk_update(
        self,
        project_id: str,
        *,
        controls: Sequence[Mapping[str, Any]],
    ) -> models.BulkControlResults:
        """Change many controls at once, with a result for each.

        Needs the permission `projects:controls` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.controls.bulk_update", "POST", "/api/v1/projects/{}/controls/bulk", body="json"),
            (project_id,),
            models.BulkControlResults,
            body={"controls": controls},
        )

    async def read(
        self,
        project_id: str,
        control_id: str,
    ) -> models.ProjectControlDetail:
        """Show a control of a project.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("projects.controls.read", "GET", "/api/v1/projects/{}/controls/{}"),
            (project_id, control_id),
            models.ProjectControlDetail,
        )

    get = read

    async def update(
        self,
        project_id: str,
        control_id: str,
        *,
        status: Literal["not_started", "in_progress", "complete"] | Unset | None = UNSET,
        applicable: bool | Unset = UNSET,
        reason: str | Unset = UNSET,
        owner_id: str | Unset | None = UNSET,
        due_date: str | datetime | Unset | None = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.ProjectControlDetail:
        """Override a control's status, its applicability, owner and due date.

        Needs the permission `projects:controls` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.controls.update", "PATCH", "/api/v1/projects/{}/controls/{}", body="json"),
            (project_id, control_id),
            models.ProjectControlDetail,
            body={
                "status": status,
                "applicable": applicable,
                "reason": reason,
                "owner_id": owner_id,
                "due_date": due_date,
            },
            if_match=if_match,
        )


class AsyncProjectsFrameworks(AsyncGroup):
    """The operations ``projects.frameworks``."""

    async def list(
        self,
        project_id: str,
    ) -> models.AttachedFrameworks:
        """List the frameworks of a project.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("projects.frameworks.list", "GET", "/api/v1/projects/{}/frameworks"),
            (project_id,),
            models.AttachedFrameworks,
        )

    async def attach(
        self,
        project_id: str,
        *,
        framework: str,
    ) -> models.AttachedFramework:
        """Assess a project against a further framework.

        Needs the permission `projects:update` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.frameworks.attach", "POST", "/api/v1/projects/{}/frameworks", body="json"),
            (project_id,),
            models.AttachedFramework,
            body={"framework": framework},
        )

    async def read(
        self,
        project_id: str,
        framework_id: str,
    ) -> models.AttachedFramework:
        """Show a framework of a project.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("projects.frameworks.read", "GET", "/api/v1/projects/{}/frameworks/{}"),
            (project_id, framework_id),
            models.AttachedFramework,
        )

    get = read

    async def detach(
        self,
        project_id: str,
        framework_id: str,
        *,
        discard: bool | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Assess a project against a framework no longer.

        Needs the permission `projects:update` and the scope `write`.
        """
        return await self._message(
            Endpoint("projects.frameworks.detach", "DELETE", "/api/v1/projects/{}/frameworks/{}"),
            (project_id, framework_id),
            query={"discard": discard},
            if_match=if_match,
        )


class AsyncProjects(AsyncGroup):
    """The operations ``projects``."""

    def __init__(self, caller: Any) -> None:
        super().__init__(caller)
        self.controls = AsyncProjectsControls(caller)
        self.frameworks = AsyncProjectsFrameworks(caller)
        self.members = AsyncProjectsMembers(caller)
        self.milestones = AsyncProjectsMilestones(caller)

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at", "updated_at", "name", "compliance_score", "status"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        status: Literal["active", "inactive", "archived"] | Unset = UNSET,
        framework: str | Unset = UNSET,
        created_after: str | datetime | Unset = UNSET,
        created_before: str | datetime | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.ProjectListItem]:
        """List the projects within reach.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._page(
            Endpoint("projects.list", "GET", "/api/v1/projects"),
            (),
            models.ProjectListItem,
            key="projects",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "status": status,
                "framework": framework,
                "created_after": created_after,
                "created_before": created_before,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def create(
        self,
        *,
        name: str,
        framework: str,
        description: str | Unset = UNSET,
        frameworks: Sequence[str] | Unset = UNSET,
        team_members: Sequence[Mapping[str, Any]] | Unset = UNSET,
        milestones: Sequence[Mapping[str, Any]] | Unset = UNSET,
    ) -> models.Project:
        """Create a project.

        Needs the permission `projects:create` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.create", "POST", "/api/v1/projects", body="json"),
            (),
            models.Project,
            body={
                "name": name,
                "framework": framework,
                "description": description,
                "frameworks": frameworks,
                "team_members": team_members,
                "milestones": milestones,
            },
        )

    async def read(
        self,
        project_id: str,
    ) -> models.ProjectDetail:
        """Show a project with its team, controls and milestones.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("projects.read", "GET", "/api/v1/projects/{}"),
            (project_id,),
            models.ProjectDetail,
        )

    get = read

    async def replace(
        self,
        project_id: str,
        *,
        name: str,
        description: str | Unset = UNSET,
        status: Literal["active", "inactive", "archived"] | Unset = UNSET,
        framework: str | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.Project:
        """Set a project's name, description and status.

        Needs the permission `projects:update` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.replace", "PUT", "/api/v1/projects/{}", body="json"),
            (project_id,),
            models.Project,
            body={"name": name, "description": description, "status": status, "framework": framework},
            if_match=if_match,
        )

    async def update(
        self,
        project_id: str,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        status: Literal["active", "inactive", "archived"] | Unset = UNSET,
        framework: str | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.Project:
        """Change a project.

        Needs the permission `projects:update` and the scope `write`.
        """
        return await self._data(
            Endpoint("projects.update", "PATCH", "/api/v1/projects/{}", body="json"),
            (project_id,),
            models.Project,
            body={"name": name, "description": description, "status": status, "framework": framework},
            if_match=if_match,
        )

    async def delete(
        self,
        project_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Delete a project with everything in it.

        Needs the permission `projects:delete` and the scope `write`.
        """
        return await self._message(
            Endpoint("projects.delete", "DELETE", "/api/v1/projects/{}"),
            (project_id,),
            if_match=if_match,
        )

    async def activity(
        self,
        project_id: str,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["occurred_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        event: str | Unset = UNSET,
        actor_id: str | Unset = UNSET,
        occurred_after: str | datetime | Unset = UNSET,
        occurred_before: str | datetime | Unset = UNSET,
    ) -> AsyncPage[models.ProjectActivity]:
        """List what happened in a project.

        Needs the permission `projects:read` and the scope `read`.
        """
        return await self._page(
            Endpoint("projects.activity", "GET", "/api/v1/projects/{}/activity"),
            (project_id,),
            models.ProjectActivity,
            key="activity",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "event": event,
                "actor_id": actor_id,
                "occurred_after": occurred_after,
                "occurred_before": occurred_before,
            },
        )


class AsyncEvidenceLinks(AsyncGroup):
    """The operations ``evidence.links``."""

    async def create(
        self,
        *,
        title: str,
        project_id: str,
        url: str,
        description: str | Unset = UNSET,
        control_id: str | Unset | None = UNSET,
        tags: Sequence[str] | Unset = UNSET,
        period_start: str | datetime | Unset | None = UNSET,
        period_end: str | datetime | Unset | None = UNSET,
        valid_until: str | datetime | Unset | None = UNSET,
    ) -> models.EvidenceView:
        """Add a link as evidence.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.links.create", "POST", "/api/v1/evidence/links", body="json"),
            (),
            models.EvidenceView,
            body={
                "title": title,
                "project_id": project_id,
                "url": url,
                "description": description,
                "control_id": control_id,
                "tags": tags,
                "period_start": period_start,
                "period_end": period_end,
                "valid_until": valid_until,
            },
        )


class AsyncEvidenceNotes(AsyncGroup):
    """The operations ``evidence.notes``."""

    async def create(
        self,
        *,
        title: str,
        project_id: str,
        text: str,
        description: str | Unset = UNSET,
        control_id: str | Unset | None = UNSET,
        tags: Sequence[str] | Unset = UNSET,
        period_start: str | datetime | Unset | None = UNSET,
        period_end: str | datetime | Unset | None = UNSET,
        valid_until: str | datetime | Unset | None = UNSET,
    ) -> models.EvidenceView:
        """Add a note as evidence.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.notes.create", "POST", "/api/v1/evidence/notes", body="json"),
            (),
            models.EvidenceView,
            body={
                "title": title,
                "project_id": project_id,
                "text": text,
                "description": description,
                "control_id": control_id,
                "tags": tags,
                "period_start": period_start,
                "period_end": period_end,
                "valid_until": valid_until,
            },
        )


class AsyncEvidenceVersions(AsyncGroup):
    """The operations ``evidence.versions``."""

    async def link(
        self,
        evidence_id: str,
        *,
        url: str,
        comment: str | Unset = UNSET,
        period_start: str | datetime | Unset | None = UNSET,
        period_end: str | datetime | Unset | None = UNSET,
        valid_until: str | datetime | Unset | None = UNSET,
    ) -> models.AddedVersion:
        """Add a link as a new version.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.versions.link", "POST", "/api/v1/evidence/{}/versions/links", body="json"),
            (evidence_id,),
            models.AddedVersion,
            body={
                "url": url,
                "comment": comment,
                "period_start": period_start,
                "period_end": period_end,
                "valid_until": valid_until,
            },
        )

    async def note(
        self,
        evidence_id: str,
        *,
        text: str,
        comment: str | Unset = UNSET,
        period_start: str | datetime | Unset | None = UNSET,
        period_end: str | datetime | Unset | None = UNSET,
        valid_until: str | datetime | Unset | None = UNSET,
    ) -> models.AddedVersion:
        """Add a note as a new version.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.versions.note", "POST", "/api/v1/evidence/{}/versions/notes", body="json"),
            (evidence_id,),
            models.AddedVersion,
            body={
                "text": text,
                "comment": comment,
                "period_start": period_start,
                "period_end": period_end,
                "valid_until": valid_until,
            },
        )

    async def create(
        self,
        evidence_id: str,
        *,
        file: Source,
        file_name: str | Unset = UNSET,
        progress: Progress | None = None,
        comment: str | Unset = UNSET,
        period_start: str | datetime | Unset | None = UNSET,
        period_end: str | datetime | Unset | None = UNSET,
        valid_until: str | datetime | Unset | None = UNSET,
    ) -> models.AddedVersion:
        """Upload a new version.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.versions.create", "POST", "/api/v1/evidence/{}/versions", body="multipart"),
            (evidence_id,),
            models.AddedVersion,
            body={
                "comment": comment,
                "period_start": period_start,
                "period_end": period_end,
                "valid_until": valid_until,
            },
            file=("file", file, file_name, progress),
        )

    async def list(
        self,
        evidence_id: str,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["version", "uploaded_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
    ) -> AsyncPage[models.ListedVersion]:
        """List the versions of evidence.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._page(
            Endpoint("evidence.versions.list", "GET", "/api/v1/evidence/{}/versions"),
            (evidence_id,),
            models.ListedVersion,
            key="versions",
            query={"page": page, "limit": limit, "cursor": cursor, "sort": sort, "order": order},
        )


class AsyncEvidenceBulk(AsyncGroup):
    """The operations ``evidence.bulk``."""

    async def tags(
        self,
        *,
        evidence_ids: Sequence[str],
        add: Sequence[str] | Unset = UNSET,
        remove: Sequence[str] | Unset = UNSET,
    ) -> models.BulkResults:
        """Add tags to many pieces of evidence and remove others.

        Needs the permission `evidence:update` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.bulk.tags", "POST", "/api/v1/evidence/bulk/tags", body="json"),
            (),
            models.BulkResults,
            body={"evidence_ids": evidence_ids, "add": add, "remove": remove},
        )

    async def controls(
        self,
        *,
        evidence_ids: Sequence[str],
        link: Sequence[str] | Unset = UNSET,
        unlink: Sequence[str] | Unset = UNSET,
    ) -> models.BulkResults:
        """Link many pieces of evidence to controls and unlink them from others.

        Needs the permission `evidence:update` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.bulk.controls", "POST", "/api/v1/evidence/bulk/controls", body="json"),
            (),
            models.BulkResults,
            body={"evidence_ids": evidence_ids, "link": link, "unlink": unlink},
        )


class AsyncEvidenceReviews(AsyncGroup):
    """The operations ``evidence.reviews``."""

    async def create(
        self,
        evidence_id: str,
        *,
        decision: Literal["approve", "reject", "request_changes"],
        score: int | Unset | None = UNSET,
        comment: str | Unset = UNSET,
        version: int | Unset | None = UNSET,
    ) -> models.AddedReview:
        """Review evidence.

        Needs the permission `evidence:review` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.reviews.create", "POST", "/api/v1/evidence/{}/reviews", body="json"),
            (evidence_id,),
            models.AddedReview,
            body={"decision": decision, "score": score, "comment": comment, "version": version},
        )

    async def list(
        self,
        evidence_id: str,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
    ) -> AsyncPage[models.ListedReview]:
        """List the reviews of evidence.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._page(
            Endpoint("evidence.reviews.list", "GET", "/api/v1/evidence/{}/reviews"),
            (evidence_id,),
            models.ListedReview,
            key="reviews",
            query={"page": page, "limit": limit, "cursor": cursor, "sort": sort, "order": order},
        )


class AsyncEvidence(AsyncGroup):
    """The operations ``evidence``."""

    def __init__(self, caller: Any) -> None:
        super().__init__(caller)
        self.bulk = AsyncEvidenceBulk(caller)
        self.links = AsyncEvidenceLinks(caller)
        self.notes = AsyncEvidenceNotes(caller)
        self.reviews = AsyncEvidenceReviews(caller)
        self.versions = AsyncEvidenceVersions(caller)

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["uploaded_at", "created_at", "title", "quality_score", "file_size"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        project_id: str | Unset = UNSET,
        control_id: str | Unset = UNSET,
        status: Literal["pending", "in_review", "approved", "rejected"] | Unset = UNSET,
        tag: str | Unset = UNSET,
        kind: Literal["file", "link", "note"] | Unset = UNSET,
        uploaded_by: str | Unset = UNSET,
        expires_after: str | datetime | Unset = UNSET,
        expires_before: str | datetime | Unset = UNSET,
        created_after: str | datetime | Unset = UNSET,
        created_before: str | datetime | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.EvidenceView]:
        """List evidence.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._page(
            Endpoint("evidence.list", "GET", "/api/v1/evidence"),
            (),
            models.EvidenceView,
            key="evidence",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "project_id": project_id,
                "control_id": control_id,
                "status": status,
                "tag": tag,
                "kind": kind,
                "uploaded_by": uploaded_by,
                "expires_after": expires_after,
                "expires_before": expires_before,
                "created_after": created_after,
                "created_before": created_before,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def upload(
        self,
        *,
        title: str,
        project_id: str,
        file: Source,
        file_name: str | Unset = UNSET,
        progress: Progress | None = None,
        description: str | Unset = UNSET,
        control_id: str | Unset | None = UNSET,
        tags: Sequence[str] | Unset = UNSET,
        period_start: str | datetime | Unset | None = UNSET,
        period_end: str | datetime | Unset | None = UNSET,
        valid_until: str | datetime | Unset | None = UNSET,
    ) -> models.EvidenceView:
        """Upload evidence.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.upload", "POST", "/api/v1/evidence", body="multipart"),
            (),
            models.EvidenceView,
            body={
                "title": title,
                "project_id": project_id,
                "description": description,
                "control_id": control_id,
                "tags": tags,
                "period_start": period_start,
                "period_end": period_end,
                "valid_until": valid_until,
            },
            file=("file", file, file_name, progress),
        )

    create = upload

    async def read(
        self,
        evidence_id: str,
    ) -> models.EvidenceView:
        """Show a piece of evidence.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._data(
            Endpoint("evidence.read", "GET", "/api/v1/evidence/{}"),
            (evidence_id,),
            models.EvidenceView,
        )

    get = read

    async def replace(
        self,
        evidence_id: str,
        *,
        title: str,
        description: str | Unset = UNSET,
        tags: Sequence[str] | Unset = UNSET,
        period_start: str | datetime | Unset | None = UNSET,
        period_end: str | datetime | Unset | None = UNSET,
        valid_until: str | datetime | Unset | None = UNSET,
        status: Literal["pending", "in_review"] | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.EvidenceView:
        """Replace what people say of evidence.

        Needs the permission `evidence:update` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.replace", "PUT", "/api/v1/evidence/{}", body="json"),
            (evidence_id,),
            models.EvidenceView,
            body={
                "title": title,
                "description": description,
                "tags": tags,
                "period_start": period_start,
                "period_end": period_end,
                "valid_until": valid_until,
                "status": status,
            },
            if_match=if_match,
        )

    async def update(
        self,
        evidence_id: str,
        *,
        title: str | Unset = UNSET,
        description: str | Unset = UNSET,
        tags: Sequence[str] | Unset = UNSET,
        period_start: str | datetime | Unset | None = UNSET,
        period_end: str | datetime | Unset | None = UNSET,
        valid_until: str | datetime | Unset | None = UNSET,
        status: Literal["pending", "in_review"] | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.EvidenceView:
        """Change what people say of evidence.

        Needs the permission `evidence:update` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.update", "PATCH", "/api/v1/evidence/{}", body="json"),
            (evidence_id,),
            models.EvidenceView,
            body={
                "title": title,
                "description": description,
                "tags": tags,
                "period_start": period_start,
                "period_end": period_end,
                "valid_until": valid_until,
                "status": status,
            },
            if_match=if_match,
        )

    async def delete(
        self,
        evidence_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Delete evidence.

        Needs the permission `evidence:delete` and the scope `evidence:write`.
        """
        return await self._message(
            Endpoint("evidence.delete", "DELETE", "/api/v1/evidence/{}"),
            (evidence_id,),
            if_match=if_match,
        )

    async def link(
        self,
        evidence_id: str,
        control_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> models.EvidenceView:
        """Let evidence serve a control.

        Needs the permission `evidence:update` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.link", "PUT", "/api/v1/evidence/{}/controls/{}"),
            (evidence_id, control_id),
            models.EvidenceView,
            if_match=if_match,
        )

    async def unlink(
        self,
        evidence_id: str,
        control_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Let evidence serve a control no longer.

        Needs the permission `evidence:update` and the scope `evidence:write`.
        """
        return await self._message(
            Endpoint("evidence.unlink", "DELETE", "/api/v1/evidence/{}/controls/{}"),
            (evidence_id, control_id),
            if_match=if_match,
        )

    async def search(
        self,
        *,
        q: str,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["relevance"] | Unset = UNSET,
        order: Literal["desc"] | Unset = UNSET,
        project_id: str | Unset = UNSET,
        control_id: str | Unset = UNSET,
        status: Literal["pending", "in_review", "approved", "rejected"] | Unset = UNSET,
        tag: str | Unset = UNSET,
        kind: Literal["file", "link", "note"] | Unset = UNSET,
        uploaded_by: str | Unset = UNSET,
        expires_after: str | datetime | Unset = UNSET,
        expires_before: str | datetime | Unset = UNSET,
        created_after: str | datetime | Unset = UNSET,
        created_before: str | datetime | Unset = UNSET,
    ) -> AsyncPage[models.FoundEvidence]:
        """Search evidence.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._page(
            Endpoint("evidence.search", "GET", "/api/v1/evidence/search"),
            (),
            models.FoundEvidence,
            key="evidence",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "q": q,
                "project_id": project_id,
                "control_id": control_id,
                "status": status,
                "tag": tag,
                "kind": kind,
                "uploaded_by": uploaded_by,
                "expires_after": expires_after,
                "expires_before": expires_before,
                "created_after": created_after,
                "created_before": created_before,
            },
        )

    async def quality(
        self,
        evidence_id: str,
    ) -> models.QualityView:
        """Show the quality of evidence.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._data(
            Endpoint("evidence.quality", "GET", "/api/v1/evidence/{}/quality"),
            (evidence_id,),
            models.QualityView,
        )

    async def analyse(
        self,
        evidence_id: str,
    ) -> models.JobState:
        """Analyse the quality of evidence again.

        Needs the permission `evidence:update` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("evidence.analyse", "POST", "/api/v1/evidence/{}/quality"),
            (evidence_id,),
            models.JobState,
        )

    async def file(
        self,
        evidence_id: str,
        *,
        version: int | Unset | None = UNSET,
    ) -> AsyncDownload:
        """Download the file of evidence.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._download(
            Endpoint("evidence.file", "GET", "/api/v1/evidence/{}/file"),
            (evidence_id,),
            query={"version": version},
        )

    download = file


class AsyncComplianceFrameworks(AsyncGroup):
    """The operations ``compliance.frameworks``."""

    async def __call__(
        self,
    ) -> models.FrameworkList:
        """List frameworks.

        Needs the permission `compliance:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.frameworks", "GET", "/api/v1/compliance/frameworks"),
            (),
            models.FrameworkList,
        )

    async def import_(
        self,
        *,
        content: Any,
        content_type: Literal[
            "multipart/form-data", "application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/csv"
        ] = "multipart/form-data",
        id: str | Unset = UNSET,
        name: str | Unset = UNSET,
        version: str | Unset = UNSET,
        columns: str | Unset = UNSET,
        catalog: str | Unset = UNSET,
    ) -> models.ImportedFramework:
        """Import a framework: Studio YAML or JSON, an OSCAL catalogue or profile, or CSV.

        Needs the permission `compliance:frameworks` and the scope `write`.
        """
        return await self._data(
            Endpoint("compliance.frameworks.import", "POST", "/api/v1/compliance/frameworks", body="raw"),
            (),
            models.ImportedFramework,
            query={"id": id, "name": name, "version": version, "columns": columns, "catalog": catalog},
            content=content,
            content_type=content_type,
        )

    async def delete(
        self,
        framework_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Remove an imported framework.

        Needs the permission `compliance:frameworks` and the scope `write`.
        """
        return await self._message(
            Endpoint("compliance.frameworks.delete", "DELETE", "/api/v1/compliance/frameworks/{}"),
            (framework_id,),
            if_match=if_match,
        )

    async def upgrade(
        self,
        framework_id: str,
        *,
        content: Any,
        content_type: Literal[
            "multipart/form-data", "application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/csv"
        ] = "multipart/form-data",
        name: str | Unset = UNSET,
        version: str | Unset = UNSET,
        columns: str | Unset = UNSET,
        catalog: str | Unset = UNSET,
        preview: bool | Unset = UNSET,
        by_likeness: bool | Unset = UNSET,
    ) -> models.FrameworkUpgrade:
        """Upgrade an imported framework in all projects, or preview that.

        Needs the permission `compliance:frameworks` and the scope `write`.
        """
        return await self._data(
            Endpoint("compliance.frameworks.upgrade", "POST", "/api/v1/compliance/frameworks/{}/upgrade", body="raw"),
            (framework_id,),
            models.FrameworkUpgrade,
            query={
                "name": name,
                "version": version,
                "columns": columns,
                "catalog": catalog,
                "preview": preview,
                "by_likeness": by_likeness,
            },
            content=content,
            content_type=content_type,
        )

    async def rollback(
        self,
        framework_id: str,
        *,
        preview: bool | Unset = UNSET,
    ) -> models.FrameworkUpgrade:
        """Go back to the version before the last upgrade, or preview that.

        Needs the permission `compliance:frameworks` and the scope `write`.
        """
        return await self._data(
            Endpoint("compliance.frameworks.rollback", "POST", "/api/v1/compliance/frameworks/{}/rollback"),
            (framework_id,),
            models.FrameworkUpgrade,
            query={"preview": preview},
        )

    async def versions(
        self,
        framework_id: str,
    ) -> models.FrameworkVersions:
        """List the versions of an imported framework.

        Needs the permission `compliance:frameworks` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.frameworks.versions", "GET", "/api/v1/compliance/frameworks/{}/versions"),
            (framework_id,),
            models.FrameworkVersions,
        )

    async def export(
        self,
        framework_id: str,
        *,
        format: Literal["yaml", "json", "oscal", "csv"] | Unset = UNSET,
    ) -> str:
        """Export a framework as Studio YAML or JSON, an OSCAL catalogue, or CSV.

        Needs the permission `compliance:read` and the scope `read`.
        """
        return await self._text(
            Endpoint("compliance.frameworks.export", "GET", "/api/v1/compliance/frameworks/{}/export"),
            (framework_id,),
            query={"format": format},
        )


class AsyncComplianceGraph(AsyncGroup):
    """The operations ``compliance.graph``."""

    async def __call__(
        self,
        *,
        node: str,
        depth: int | Unset = UNSET,
    ) -> models.AroundShown:
        """Show what is around a node of the graph.

        Needs the permission `compliance:graph` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.graph", "GET", "/api/v1/compliance/graph"),
            (),
            models.AroundShown,
            query={"node": node, "depth": depth},
        )

    async def impact(
        self,
        *,
        evidence_id: str,
    ) -> models.ImpactShown:
        """Tell what losing a piece of evidence would mean.

        Needs the permission `compliance:score` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.graph.impact", "GET", "/api/v1/compliance/graph/impact"),
            (),
            models.ImpactShown,
            query={"evidence_id": evidence_id},
        )

    async def path(
        self,
        *,
        to: str,
        from_: str,
    ) -> models.PathShown:
        """Find the shortest way by mappings between frameworks or controls.

        Needs the permission `compliance:graph` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.graph.path", "GET", "/api/v1/compliance/graph/path"),
            (),
            models.PathShown,
            query={"to": to, "from": from_},
        )

    async def experts(
        self,
        *,
        control_id: str,
    ) -> models.ExpertsShown:
        """Find who knows about a control.

        Needs the permission `compliance:graph` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.graph.experts", "GET", "/api/v1/compliance/graph/experts"),
            (),
            models.ExpertsShown,
            query={"control_id": control_id},
        )

    async def orphans(
        self,
        *,
        project_id: str,
    ) -> models.OrphansShown:
        """Find what hangs loose in a project.

        Needs the permission `compliance:score` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.graph.orphans", "GET", "/api/v1/compliance/graph/orphans"),
            (),
            models.OrphansShown,
            query={"project_id": project_id},
        )


class AsyncComplianceReports(AsyncGroup):
    """The operations ``compliance.reports``."""

    async def create(
        self,
        *,
        project_id: str,
        kind: Literal["summary", "gap", "soa", "ssp", "audit-pack"] | Unset = UNSET,
        format: Literal["html", "pdf", "csv", "json", "oscal", "zip"] | Unset = UNSET,
    ) -> models.ReportShown:
        """Have a report or an audit pack made in the background.

        Needs the permission `compliance:report` and the scope `write`.
        """
        return await self._data(
            Endpoint("compliance.reports.create", "POST", "/api/v1/compliance/reports", body="json"),
            (),
            models.ReportShown,
            body={"project_id": project_id, "kind": kind, "format": format},
        )

    async def read(
        self,
        report_id: str,
    ) -> models.ReportShown:
        """Show a report that is made in the background.

        Needs the permission `compliance:report` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.reports.read", "GET", "/api/v1/compliance/reports/{}"),
            (report_id,),
            models.ReportShown,
        )

    get = read

    async def file(
        self,
        report_id: str,
    ) -> AsyncDownload:
        """Download a report that was made in the background.

        Needs the permission `compliance:report` and the scope `read`.
        """
        return await self._download(
            Endpoint("compliance.reports.file", "GET", "/api/v1/compliance/reports/{}/file"),
            (report_id,),
        )


class AsyncCompliance(AsyncGroup):
    """The operations ``compliance``."""

    def __init__(self, caller: Any) -> None:
        super().__init__(caller)
        self.frameworks = AsyncComplianceFrameworks(caller)
        self.graph = AsyncComplianceGraph(caller)
        self.reports = AsyncComplianceReports(caller)

    async def framework(
        self,
        framework_id: str,
    ) -> models.FrameworkDetail:
        """Show a framework.

        Needs the permission `compliance:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.framework", "GET", "/api/v1/compliance/frameworks/{}"),
            (framework_id,),
            models.FrameworkDetail,
        )

    async def score(
        self,
        *,
        project_id: str,
        explain: bool | Unset = UNSET,
    ) -> models.ScoreShown:
        """Show the compliance score.

        Needs the permission `compliance:score` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.score", "GET", "/api/v1/compliance/score"),
            (),
            models.ScoreShown,
            query={"project_id": project_id, "explain": explain},
        )

    async def gaps(
        self,
        *,
        project_id: str,
        severity: Literal["critical", "moderate", "minor"] | Unset = UNSET,
    ) -> models.GapList:
        """List gaps.

        Needs the permission `compliance:score` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.gaps", "GET", "/api/v1/compliance/gaps"),
            (),
            models.GapList,
            query={"project_id": project_id, "severity": severity},
        )

    async def trends(
        self,
        *,
        project_id: str,
        period: Literal["7d", "30d", "90d"] | Unset = UNSET,
    ) -> models.TrendShown:
        """Show the score over time.

        Needs the permission `compliance:score` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.trends", "GET", "/api/v1/compliance/trends"),
            (),
            models.TrendShown,
            query={"project_id": project_id, "period": period},
        )

    async def projection(
        self,
        *,
        project_id: str,
        framework: str,
    ) -> models.ProjectionShown:
        """Apply a project's evidence to another framework.

        Needs the permission `compliance:score` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.projection", "GET", "/api/v1/compliance/projection"),
            (),
            models.ProjectionShown,
            query={"project_id": project_id, "framework": framework},
        )

    async def mappings(
        self,
        *,
        to: str | Unset = UNSET,
        control_id: str | Unset = UNSET,
        transitive: bool | Unset = UNSET,
        from_: str | Unset = UNSET,
    ) -> models.MappingList:
        """List mappings between controls.

        Needs the permission `compliance:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("compliance.mappings", "GET", "/api/v1/compliance/mappings"),
            (),
            models.MappingList,
            query={"to": to, "control_id": control_id, "transitive": transitive, "from": from_},
        )

    async def report(
        self,
        *,
        project_id: str,
        kind: Literal["summary", "gap", "soa", "ssp", "audit-pack"] | Unset = UNSET,
        format: Literal["html", "pdf", "csv", "json", "oscal", "zip"] | Unset = UNSET,
    ) -> str:
        """Report on a project: summary, gaps, Statement of Applicability, OSCAL.

        Needs the permission `compliance:report` and the scope `read`.
        """
        return await self._text(
            Endpoint("compliance.report", "GET", "/api/v1/compliance/report"),
            (),
            query={"project_id": project_id, "kind": kind, "format": format},
        )

    async def framework_schema(
        self,
    ) -> dict[str, Any]:
        """The JSON Schema of Studio's form of a framework.

        Needs the permission `compliance:read` and the scope `read`.
        """
        return await self._bare(
            Endpoint("compliance.framework_schema", "GET", "/api/v1/compliance/framework-schema"),
            (),
            dict,
        )


class AsyncAiPolicies(AsyncGroup):
    """The operations ``ai.policies``."""

    async def kinds(
        self,
    ) -> models.PolicyKinds:
        """List the policies that can be drafted.

        Needs the permission `ai:use` and the scope `read`.
        """
        return await self._data(
            Endpoint("ai.policies.kinds", "GET", "/api/v1/ai/policies"),
            (),
            models.PolicyKinds,
        )

    async def export(
        self,
        *,
        title: str,
        content: str,
        format: Literal["markdown", "html", "docx"] | Unset = UNSET,
    ) -> AsyncDownload:
        """Make a document of a policy.

        Needs the permission `ai:use` and the scope `read`.
        """
        return await self._download(
            Endpoint("ai.policies.export", "POST", "/api/v1/ai/policies/export", body="json"),
            (),
            body={"title": title, "content": content, "format": format},
        )

    async def save(
        self,
        *,
        title: str,
        content: str,
        project_id: str,
        format: Literal["markdown", "docx"] | Unset = UNSET,
        control_id: str | Unset = UNSET,
    ) -> models.SavedEvidence:
        """Save a policy as evidence.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("ai.policies.save", "POST", "/api/v1/ai/policies/save", body="json"),
            (),
            models.SavedEvidence,
            body={
                "title": title,
                "content": content,
                "project_id": project_id,
                "format": format,
                "control_id": control_id,
            },
        )


class AsyncAiProposals(AsyncGroup):
    """The operations ``ai.proposals``."""

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["proposed_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        project_id: str | Unset = UNSET,
        state: Literal["proposed", "confirmed", "discarded"] | Unset = UNSET,
    ) -> AsyncPage[models.Proposal]:
        """List proposals.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._page(
            Endpoint("ai.proposals.list", "GET", "/api/v1/ai/proposals"),
            (),
            models.Proposal,
            key="proposals",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "project_id": project_id,
                "state": state,
            },
        )

    async def read(
        self,
        proposal_id: str,
    ) -> models.ProposalShown:
        """Show a proposal.

        Needs the permission `evidence:read` and the scope `evidence:read`.
        """
        return await self._data(
            Endpoint("ai.proposals.read", "GET", "/api/v1/ai/proposals/{}"),
            (proposal_id,),
            models.ProposalShown,
        )

    get = read

    async def confirm(
        self,
        proposal_id: str,
        *,
        format: Literal["markdown", "docx"] | Unset = UNSET,
    ) -> models.ProposalShown:
        """Make a proposal evidence.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("ai.proposals.confirm", "POST", "/api/v1/ai/proposals/{}/confirm", body="json"),
            (proposal_id,),
            models.ProposalShown,
            body={"format": format},
        )

    async def discard(
        self,
        proposal_id: str,
    ) -> models.ProposalShown:
        """Turn a proposal down.

        Needs the permission `evidence:upload` and the scope `evidence:write`.
        """
        return await self._data(
            Endpoint("ai.proposals.discard", "POST", "/api/v1/ai/proposals/{}/discard"),
            (proposal_id,),
            models.ProposalShown,
        )


class AsyncAiConversations(AsyncGroup):
    """The operations ``ai.conversations``."""

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["updated_at", "created_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        project_id: str | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.ConversationView]:
        """List one's conversations.

        Needs the permission `ai:use` and the scope `read`.
        """
        return await self._page(
            Endpoint("ai.conversations.list", "GET", "/api/v1/ai/conversations"),
            (),
            models.ConversationView,
            key="conversations",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "project_id": project_id,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def read(
        self,
        conversation_id: str,
    ) -> models.ConversationShown:
        """Show a conversation.

        Needs the permission `ai:use` and the scope `read`.
        """
        return await self._data(
            Endpoint("ai.conversations.read", "GET", "/api/v1/ai/conversations/{}"),
            (conversation_id,),
            models.ConversationShown,
        )

    get = read

    async def delete(
        self,
        conversation_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Delete a conversation.

        Needs the permission `ai:use` and the scope `write`.
        """
        return await self._message(
            Endpoint("ai.conversations.delete", "DELETE", "/api/v1/ai/conversations/{}"),
            (conversation_id,),
            if_match=if_match,
        )


class AsyncAi(AsyncGroup):
    """The operations ``ai``."""

    def __init__(self, caller: Any) -> None:
        super().__init__(caller)
        self.conversations = AsyncAiConversations(caller)
        self.policies = AsyncAiPolicies(caller)
        self.proposals = AsyncAiProposals(caller)

    async def chat(
        self,
        *,
        message: str,
        context: Mapping[str, Any] | Unset = UNSET,
        conversation_id: str | Unset = UNSET,
        provider: str | Unset = UNSET,
    ) -> models.ChatAnswer:
        """Ask the assistant.

        Needs the permission `ai:use` and the scope `read`.
        """
        return await self._data(
            Endpoint("ai.chat", "POST", "/api/v1/ai/chat", body="json"),
            (),
            models.ChatAnswer,
            body={"message": message, "context": context, "conversation_id": conversation_id, "provider": provider},
        )

    def chat_stream(
        self,
        *,
        message: str,
        context: Mapping[str, Any] | Unset = UNSET,
        conversation_id: str | Unset = UNSET,
        provider: str | Unset = UNSET,
    ) -> AsyncIterator[ServerEvent]:
        """Ask the assistant.

        Needs the permission `ai:use` and the scope `read`.
        """
        return self._events(
            Endpoint("ai.chat", "POST", "/api/v1/ai/chat", body="json"),
            (),
            body={"message": message, "context": context, "conversation_id": conversation_id, "provider": provider},
        )

    async def search(
        self,
        *,
        project_id: str,
        query: str,
        evidence_id: str | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> models.SearchAnswer:
        """Search the text of evidence.

        Needs the permission `ai:use` and the scope `evidence:read`.
        """
        return await self._data(
            Endpoint("ai.search", "POST", "/api/v1/ai/search", body="json"),
            (),
            models.SearchAnswer,
            body={"project_id": project_id, "query": query, "evidence_id": evidence_id, "limit": limit},
        )

    async def analyze_evidence(
        self,
        evidence_id: str,
        *,
        provider: str | Unset = UNSET,
    ) -> models.EvidenceAnalysis:
        """Hold evidence against what its controls expect.

        Needs the permission `ai:use` and the scope `evidence:read`.
        """
        return await self._data(
            Endpoint("ai.analyze_evidence", "POST", "/api/v1/ai/analyze/evidence/{}", body="json"),
            (evidence_id,),
            models.EvidenceAnalysis,
            body={"provider": provider},
        )

    async def analyze_gaps(
        self,
        *,
        project_id: str,
        limit: int | Unset = UNSET,
    ) -> models.GapAnalysis:
        """Look for evidence at hand that may close gaps.

        Needs the permission `ai:use` and the scope `evidence:read`.
        """
        return await self._data(
            Endpoint("ai.analyze_gaps", "POST", "/api/v1/ai/analyze/gaps", body="json"),
            (),
            models.GapAnalysis,
            body={"project_id": project_id, "limit": limit},
        )

    async def providers(
        self,
    ) -> models.ProviderList:
        """List AI providers.

        Needs the permission `ai:providers` and the scope `read`.
        """
        return await self._data(
            Endpoint("ai.providers", "GET", "/api/v1/ai/providers"),
            (),
            models.ProviderList,
        )

    async def usage(
        self,
    ) -> models.UsageShown:
        """Show what one used of providers today.

        Needs the permission `ai:use` and the scope `read`.
        """
        return await self._data(
            Endpoint("ai.usage", "GET", "/api/v1/ai/usage"),
            (),
            models.UsageShown,
        )

    async def generate_policy(
        self,
        *,
        type: str,
        company_name: str,
        framework: str | Unset = UNSET,
        control_id: str | Unset = UNSET,
        industry: str | Unset = UNSET,
        provider: str | Unset = UNSET,
    ) -> models.PolicyDraft:
        """Draft a policy.

        Needs the permission `ai:use` and the scope `read`.
        """
        return await self._data(
            Endpoint("ai.generate_policy", "POST", "/api/v1/ai/generate/policy", body="json"),
            (),
            models.PolicyDraft,
            body={
                "type": type,
                "company_name": company_name,
                "framework": framework,
                "control_id": control_id,
                "industry": industry,
                "provider": provider,
            },
        )


class AsyncWebhooks(AsyncGroup):
    """The operations ``webhooks``."""

    async def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        secret: str | Unset = UNSET,
        active: bool | Unset = UNSET,
        description: str | Unset = UNSET,
        project_id: str | Unset = UNSET,
    ) -> models.WebhookCreated:
        """Create a webhook.

        Needs the permission `webhooks:manage` and the scope `webhooks:admin`.
        """
        return await self._data(
            Endpoint("webhooks.create", "POST", "/api/v1/webhooks", body="json"),
            (),
            models.WebhookCreated,
            body={
                "url": url,
                "events": events,
                "secret": secret,
                "active": active,
                "description": description,
                "project_id": project_id,
            },
        )

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at", "updated_at", "url"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        active: Literal["true", "false"] | Unset = UNSET,
        project: str | Unset = UNSET,
        created_after: str | datetime | Unset = UNSET,
        created_before: str | datetime | Unset = UNSET,
        search: str | Unset = UNSET,
        search_fields: str | Unset = UNSET,
    ) -> AsyncPage[models.WebhookShown]:
        """List webhooks.

        Needs the permission `webhooks:read` and the scope `read`.
        """
        return await self._page(
            Endpoint("webhooks.list", "GET", "/api/v1/webhooks"),
            (),
            models.WebhookShown,
            key="webhooks",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "active": active,
                "project": project,
                "created_after": created_after,
                "created_before": created_before,
                "search": search,
                "search_fields": search_fields,
            },
        )

    async def read(
        self,
        webhook_id: str,
    ) -> models.WebhookShown:
        """Show a webhook.

        Needs the permission `webhooks:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("webhooks.read", "GET", "/api/v1/webhooks/{}"),
            (webhook_id,),
            models.WebhookShown,
        )

    get = read

    async def replace(
        self,
        webhook_id: str,
        *,
        url: str,
        events: Sequence[str],
        secret: str | Unset = UNSET,
        active: bool | Unset = UNSET,
        description: str | Unset = UNSET,
        project_id: str | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.WebhookShown:
        """Replace a webhook.

        Without `secret` the present one stays; a new one replaces it as a rotation does. Needs the permission
        `webhooks:manage` and the scope `webhooks:admin`.
        """
        return await self._data(
            Endpoint("webhooks.replace", "PUT", "/api/v1/webhooks/{}", body="json"),
            (webhook_id,),
            models.WebhookShown,
            body={
                "url": url,
                "events": events,
                "secret": secret,
                "active": active,
                "description": description,
                "project_id": project_id,
            },
            if_match=if_match,
        )

    async def update(
        self,
        webhook_id: str,
        *,
        url: str | Unset = UNSET,
        events: Sequence[str] | Unset = UNSET,
        secret: str | Unset = UNSET,
        active: bool | Unset = UNSET,
        description: str | Unset = UNSET,
        project_id: str | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> models.WebhookShown:
        """Change a webhook.

        Needs the permission `webhooks:manage` and the scope `webhooks:admin`.
        """
        return await self._data(
            Endpoint("webhooks.update", "PATCH", "/api/v1/webhooks/{}", body="json"),
            (webhook_id,),
            models.WebhookShown,
            body={
                "url": url,
                "events": events,
                "secret": secret,
                "active": active,
                "description": description,
                "project_id": project_id,
            },
            if_match=if_match,
        )

    async def delete(
        self,
        webhook_id: str,
        *,
        if_match: str | Unset = UNSET,
    ) -> str:
        """Delete a webhook.

        Needs the permission `webhooks:manage` and the scope `webhooks:admin`.
        """
        return await self._message(
            Endpoint("webhooks.delete", "DELETE", "/api/v1/webhooks/{}"),
            (webhook_id,),
            if_match=if_match,
        )

    async def rotate_secret(
        self,
        webhook_id: str,
    ) -> models.SecretRotated1:
        """Replace a webhook's secret.

        Deliveries carry the signatures of both secrets until `previous_secret_until`. Needs the permission
        `webhooks:manage` and the scope `webhooks:admin`.
        """
        return await self._data(
            Endpoint("webhooks.rotate_secret", "POST", "/api/v1/webhooks/{}/rotate-secret"),
            (webhook_id,),
            models.SecretRotated1,
        )

    async def events(
        self,
    ) -> models.EventCatalogue:
        """Show the event catalogue.

        Needs the permission `webhooks:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("webhooks.events", "GET", "/api/v1/webhooks/events"),
            (),
            models.EventCatalogue,
        )

    async def test(
        self,
        webhook_id: str,
    ) -> models.DeliveryShown:
        """Send a test event to a webhook.

        Needs the permission `webhooks:manage` and the scope `webhooks:admin`.
        """
        return await self._data(
            Endpoint("webhooks.test", "POST", "/api/v1/webhooks/{}/test"),
            (webhook_id,),
            models.DeliveryShown,
        )

    async def deliveries(
        self,
        webhook_id: str,
        *,
        page: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        sort: Literal["created_at", "updated_at"] | Unset = UNSET,
        order: Literal["asc", "desc"] | Unset = UNSET,
        state: Literal["pending", "succeeded", "failed", "exhausted"] | Unset = UNSET,
        event: str | Unset = UNSET,
        project: str | Unset = UNSET,
        resource: str | Unset = UNSET,
        created_after: str | datetime | Unset = UNSET,
        created_before: str | datetime | Unset = UNSET,
    ) -> AsyncPage[models.DeliveryShown]:
        """List a webhook's deliveries.

        Needs the permission `webhooks:read` and the scope `read`.
        """
        return await self._page(
            Endpoint("webhooks.deliveries", "GET", "/api/v1/webhooks/{}/deliveries"),
            (webhook_id,),
            models.DeliveryShown,
            key="deliveries",
            query={
                "page": page,
                "limit": limit,
                "cursor": cursor,
                "sort": sort,
                "order": order,
                "state": state,
                "event": event,
                "project": project,
                "resource": resource,
                "created_after": created_after,
                "created_before": created_before,
            },
        )

    async def delivery(
        self,
        delivery_id: str,
    ) -> models.DeliveryDetail:
        """Show a delivery and its attempts.

        When each of the latest 25 attempts began, how long it took, and what came of it. Needs the permission
        `webhooks:read` and the scope `read`.
        """
        return await self._data(
            Endpoint("webhooks.delivery", "GET", "/api/v1/webhooks/deliveries/{}"),
            (delivery_id,),
            models.DeliveryDetail,
        )

    async def replay(
        self,
        delivery_id: str,
    ) -> models.DeliveryShown:
        """Send a delivery again.

        Same `webhook-id`, same body, and all retries anew. 409 while it is still under way. Needs the
        permission `webhooks:manage` and the scope `webhooks:admin`.
        """
        return await self._data(
            Endpoint("webhooks.replay", "POST", "/api/v1/webhooks/deliveries/{}/replay"),
            (delivery_id,),
            models.DeliveryShown,
        )

    async def replay_span(
        self,
        webhook_id: str,
        *,
        since: str | datetime,
        until: str | datetime | Unset = UNSET,
        states: Sequence[Literal["succeeded", "failed", "exhausted"]] | Unset = UNSET,
        missed: bool | Unset = UNSET,
    ) -> models.ReplayStarted:
        """Send the deliveries of a span of time again.

        In the background, in the order in which they were made. 409 while the webhook is not active. Needs
        the permission `webhooks:manage` and the scope `webhooks:admin`.
        """
        return await self._data(
            Endpoint("webhooks.replay_span", "POST", "/api/v1/webhooks/{}/replay", body="json"),
            (webhook_id,),
            models.ReplayStarted,
            body={"since": since, "until": until, "states": states, "missed": missed},
        )


class AsyncOperations(AsyncGroup):
    """Every operation of the platform."""

    def __init__(self, caller: Any) -> None:
        super().__init__(caller)
        self.account = AsyncAccount(caller)
        self.ai = AsyncAi(caller)
        self.api_keys = AsyncApiKeys(caller)
        self.applications = AsyncApplications(caller)
        self.audit = AsyncAudit(caller)
        self.auth = AsyncAuth(caller)
        self.compliance = AsyncCompliance(caller)
        self.evidence = AsyncEvidence(caller)
        self.jobs = AsyncJobs(caller)
        self.oauth = AsyncOauth(caller)
        self.oauth_clients = AsyncOauthClients(caller)
        self.password = AsyncPassword(caller)
        self.plugins = AsyncPlugins(caller)
        self.projects = AsyncProjects(caller)
        self.second_factor = AsyncSecondFactor(caller)
        self.sessions = AsyncSessions(caller)
        self.users = AsyncUsers(caller)
        self.webhooks = AsyncWebhooks(caller)

    async def health(
        self,
    ) -> dict[str, Any]:
        """Whether the process lives.

        Anybody may call this.
        """
        return await self._bare(
            Endpoint("health", "GET", "/health"),
            (),
            dict,
        )

    async def ready(
        self,
    ) -> dict[str, Any]:
        """Whether requests can be served, storage by storage.

        Anybody may call this.
        """
        return await self._bare(
            Endpoint("ready", "GET", "/ready"),
            (),
            dict,
        )

    async def metrics(
        self,
    ) -> str:
        """Prometheus metrics.

        Anybody may call this.
        """
        return await self._text(
            Endpoint("metrics", "GET", "/metrics"),
            (),
        )

    async def openapi(
        self,
    ) -> models.OpenApiDocument:
        """The OpenAPI 3.1 document.

        Anybody may call this.
        """
        return await self._bare(
            Endpoint("openapi", "GET", "/api/v1/openapi.json"),
            (),
            models.OpenApiDocument,
        )
