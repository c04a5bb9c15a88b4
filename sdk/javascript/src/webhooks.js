import { SignatureError } from "./errors.js";

/**
 * Check a delivery by its Standard Webhooks headers; throws `SignatureError` where something doesn't hold.
 *
 * `body` must be the bytes or text as they came. `tolerance` is in seconds: an older delivery could be a replayed one.
 * The `id` of the answer is the same in every repetition of one event: use it to act only once.
 */
export async function verify(body, headers, secret, { tolerance = 300 } = {}) {
  const header = (name) => (typeof headers.get === "function" ? headers.get(name) : headers[name]);
  const [id, sent, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => {
    const value = header(name);
    if (!value) throw new SignatureError(`The header ${name} is missing`);
    return value;
  });
  if (!/^\d+$/.test(sent) || Math.abs(Date.now() / 1000 - Number(sent)) > tolerance) {
    throw new SignatureError("The delivery is too old, or its clock is wrong");
  }
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  const signed = joined(new TextEncoder().encode(`${id}.${sent}.`), bytes);
  const key = await crypto.subtle.importKey("raw", keyOf(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  for (const each of signatures.split(" ")) {
    // NOTE: `verify` compares in constant time.
    const [version, text] = each.split(",");
    if (version === "v1" && (await crypto.subtle.verify("HMAC", key, decoded(text ?? ""), signed))) {
      return { id, ...JSON.parse(new TextDecoder().decode(bytes)) };
    }
  }
  throw new SignatureError("No signature fits: the body was altered, or the secret is another");
}

/** Secrets that begin with `whsec_` are base64 key material; others are used as they are. */
function keyOf(secret) {
  return secret.startsWith("whsec_") ? decoded(secret.slice(6)) : new TextEncoder().encode(secret);
}

function decoded(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
