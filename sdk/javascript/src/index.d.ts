import type { Operations } from "./operations.js";

export * from "./operations.js";
export { verify as verifyWebhook } from "./webhooks.js";

/** A file to send. `{ path }` is for Node: the file is read piece by piece. */
export type Source = Blob | ArrayBuffer | ArrayBufferView | { path: string };

export type Progress = (done: number, total: number | null) => void;

export interface CallOptions {
  /** Ends the call. */
  signal?: AbortSignal;
  /** Makes a repeated POST happen once; made anew for each call when not given. */
  idempotencyKey?: string;
  /** Refuse the change when the resource no longer has this ETag. */
  ifMatch?: string;
  /** Told how far an upload or download is, in bytes. */
  onProgress?: Progress;
}

export interface Retries {
  attempts?: number;
  /** Seconds before the first repetition. */
  first?: number;
  /** Longest wait in seconds. */
  longest?: number;
}

export interface Auth {
  headers(): Record<string, string>;
  isDue(): boolean;
  renewal(): { path: string; form?: Record<string, string>; json?: Record<string, string> } | null;
  accept?(tokens: { access_token: string; refresh_token?: string; expires_in: number }): void;
}

export class ApiKey implements Auth {
  constructor(key: string);
  headers(): Record<string, string>;
  isDue(): boolean;
  renewal(): null;
}

export class Tokens implements Auth {
  constructor(tokens: {
    accessToken: string;
    refreshToken?: string;
    expiresIn?: number | null;
    clientId?: string;
    clientSecret?: string;
  });
  readonly accessToken: string;
  readonly refreshToken: string;
  headers(): Record<string, string>;
  isDue(): boolean;
  renewal(): { path: string; form?: Record<string, string>; json?: Record<string, string> } | null;
  accept(tokens: { access_token: string; refresh_token?: string; expires_in: number }): void;
}

export class ClientCredentials implements Auth {
  constructor(client: { clientId: string; clientSecret: string; scope?: string });
  headers(): Record<string, string>;
  isDue(): boolean;
  renewal(): { path: string; form: Record<string, string> };
  accept(tokens: { access_token: string; expires_in: number }): void;
}

export interface StudioOptions {
  baseURL: string;
  apiKey?: string;
  accessToken?: string;
  auth?: Auth;
  /** Seconds to wait for an answer. */
  timeout?: number;
  retries?: Retries;
  fetch?: typeof globalThis.fetch;
}

export interface StudioAPI extends Operations {}
export class StudioAPI {
  constructor(options: StudioOptions);
  login(email: string, password: string, further?: Record<string, string>): Promise<Record<string, unknown>>;
  readonly credential: Auth;
  extend(further: Record<string, FurtherOperation>): this & Record<string, any>;
}

/** An operation that this client doesn't come with, such as one of a plugin. */
export interface FurtherOperation {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** Names of query parameters, as the API has them. */
  query?: string[];
  /** Names of fields of the body, as the API has them. */
  fields?: string[];
  body?: "json" | "form" | "multipart" | "raw";
  /** The name of the part with the file. */
  file?: string;
  answer: "data" | "list" | "message" | "bare" | "file" | "text";
  /** The name of the list in the answer. */
  key?: string;
  streams?: boolean;
}

export interface Pagination {
  page?: number;
  limit: number;
  total?: number;
  pages?: number;
  next_cursor: string | null;
}

export class Page<T> implements Iterable<T> {
  readonly items: T[];
  readonly pagination: Pagination;
  readonly length: number;
  [Symbol.iterator](): Iterator<T>;
  next(): Promise<Page<T> | null>;
  all(): AsyncGenerator<T, void, undefined>;
}

export class Download {
  readonly contentType: string;
  readonly size: number | null;
  readonly fileName: string;
  readonly stream: ReadableStream<Uint8Array>;
  bytes(): Promise<Uint8Array>;
  blob(): Promise<Blob>;
  text(): Promise<string>;
}

export interface ServerEvent {
  event: string;
  data: unknown;
}

export class StudioError extends Error {}
export class ConnectionFailed extends StudioError {}
export class SignatureError extends StudioError {}
export class APIError extends StudioError {
  readonly status: number;
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly requestId: string;
  readonly retryAfter: number | null;
}
export class InvalidRequest extends APIError {}
export class Unauthorized extends APIError {}
export class Forbidden extends APIError {}
export class NotFound extends APIError {}
export class Conflict extends APIError {}
export class PreconditionFailed extends APIError {}
export class RateLimited extends APIError {}
export class ServerError extends APIError {}
