/**
 * 32 hexadecimal digits that can't be guessed. Not `crypto.randomUUID`: browsers keep it from pages that came over plain
 * HTTP, other than those of the own machine.
 */
export function randomText() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
