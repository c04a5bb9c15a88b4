// Renew tokens whose first answer is lost, then try where nobody is. Prints one line of JSON.
// node renewal.mjs <entry of the client> <address> <refresh token> <address where nobody is>
const [, , entry, baseURL, refreshToken, nowhere] = process.argv;
const { StudioAPI, Tokens, ConnectionFailed } = await import(entry);

const retries = { first: 0.01, attempts: 2 };
const auth = () => new Tokens({ accessToken: "eyJ.not.valid", refreshToken, expiresIn: 0 });
const api = new StudioAPI({ baseURL, auth: auth(), retries });
const emails = await Promise.all([api.users.me(), api.users.me()]);
const failure = await new StudioAPI({ baseURL: nowhere, auth: auth(), retries }).users.me().catch((error) => error);
console.log(JSON.stringify([emails.map((each) => each.email), failure instanceof ConnectionFailed]));
