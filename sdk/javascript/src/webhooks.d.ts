export interface Delivery {
  /** The same in every repetition of one event: use it to act only once. */
  id: string;
  event: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** Check a delivery by its Standard Webhooks headers. `tolerance` is in seconds. */
export function verify(
  body: string | ArrayBuffer | ArrayBufferView,
  headers: Headers | Record<string, string | string[] | undefined>,
  secret: string,
  options?: { tolerance?: number },
): Promise<Delivery>;
