"""What providers may be used for in a day, by account and by project, and what they were used for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio_ai.settings import AiSettings
from studio_ai.turns import Usage
from studio_kernel.clock import to_text
from studio_kernel.security.principal import Principal
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_ADD = Statement(
    "INSERT INTO ai_usage (day, user_id, project_id, provider, calls, input_tokens, output_tokens, cost) "
    "VALUES (:day, :user_id, :project_id, :provider, 1, :input_tokens, :output_tokens, :cost) "
    "ON CONFLICT (day, user_id, project_id, provider) DO UPDATE SET calls = ai_usage.calls + 1, "
    "input_tokens = ai_usage.input_tokens + excluded.input_tokens, "
    "output_tokens = ai_usage.output_tokens + excluded.output_tokens, cost = ai_usage.cost + excluded.cost"
)
_SUMS = "SELECT COALESCE(SUM(input_tokens + output_tokens), 0), COALESCE(SUM(cost), 0) FROM ai_usage WHERE day = :day"
_OF_USER = Statement(f"{_SUMS} AND user_id = :id")
_OF_PROJECT = Statement(f"{_SUMS} AND project_id = :id")
_BY_PROVIDER = Statement(
    "SELECT provider, SUM(calls), SUM(input_tokens), SUM(output_tokens), SUM(cost) FROM ai_usage "
    "WHERE day = :day AND user_id = :user_id GROUP BY provider ORDER BY provider"
)


class Limits:
    """Counts by the day, in UTC. Calls that run side by side may together pass a limit; the next one is refused."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._clock = platform.clock
        self._settings = platform.settings.section(AiSettings)

    def refusal(self, principal: Principal, project_id: str) -> str | None:
        """Why no provider that costs is asked now; None when one may be."""
        settings = self._settings
        limits = (
            ("your", _OF_USER, principal.user_id, settings.daily_tokens_user, settings.daily_cost_user),
            ("the project's", _OF_PROJECT, project_id, settings.daily_tokens_project, settings.daily_cost_project),
        )
        for whose, statement, id_, tokens, cost in limits:
            if id_ and (tokens or cost):
                used, spent = self._database.row(statement, day=self._day(), id=id_) or (0, 0)
                if tokens and used >= tokens:
                    return f"{whose} tokens for today are used up"
                if cost and spent >= cost * 1_000_000:
                    return f"{whose} budget for today is used up"
        return None

    def record(self, principal: Principal, project_id: str, provider_id: str, usage: Usage) -> None:
        """Count one call of a provider."""
        with self._database.transaction():
            self._database.execute(
                _ADD,
                day=self._day(),
                user_id=principal.user_id,
                project_id=project_id,
                provider=provider_id,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cost=usage.cost,
            )

    def shown(self, principal: Principal) -> dict[str, Any]:
        """What the caller used today, and what there is, as the API shows it."""
        rows = self._database.rows(_BY_PROVIDER, day=self._day(), user_id=principal.user_id)
        return {
            "day": self._day(),
            "providers": list(_by_provider(rows)),
            "daily_tokens": self._settings.daily_tokens_user,
            "daily_cost": self._settings.daily_cost_user,
        }

    def _day(self) -> str:
        return to_text(self._clock())[:10]


def _by_provider(rows: list[Any]) -> Iterator[dict[str, Any]]:
    for provider, calls, received, written, cost in rows:
        yield {
            "provider": provider,
            "calls": int(calls),
            "input_tokens": int(received),
            "output_tokens": int(written),
            "cost": int(cost) / 1_000_000,
        }
