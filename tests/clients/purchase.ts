// node purchase.js URL KEY: post what is documented by the generated client, and print the answers.
// bodies.ts and api.ts are written by the test, from the examples and from docs/openapi.json.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";
import { classic, purchase } from "./bodies.js";

const [baseUrl, key] = process.argv.slice(2) as [string, string];
const api = createClient<paths>({ baseUrl, headers: { api_key: key } });

const posted = await api.POST("/purchases", { body: purchase });
const wallet = await api.GET("/wallets/{account}", { params: { path: { account: "ACR0000000001" } } });
const token = (await api.POST("/authentication/web_api_key/token")).data?.data?.token;
const events = await Promise.all(
  classic.map((body) =>
    api.POST("/customer_events/purchases/create", { body, headers: { Authorization: `Bearer ${token}` } }),
  ),
);

console.log(
  JSON.stringify({
    id: posted.data?.id,
    number: wallet.data?.account_number,
    codes: events.map((event) => event.data?.status.code),
  }),
);
