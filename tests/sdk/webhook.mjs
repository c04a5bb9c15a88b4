// Verifies a delivery given on standard input: {entry, body, headers, secret}. Prints the event, or the error.
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { entry, body, headers, secret } = JSON.parse(Buffer.concat(chunks).toString());
const { verifyWebhook } = await import(entry);
try {
  console.log((await verifyWebhook(body, headers, secret)).event);
} catch (error) {
  console.log(error.name);
}
