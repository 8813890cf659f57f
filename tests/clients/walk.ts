// A stranger's program on the types that openapi-typescript makes: `walk.ts URL CATEGORY USER PASSWORD`.
// It prints a line for each step, the same as walk.py does.
import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./api.js";

declare const process: { argv: string[] };
const [baseUrl, category, username, password] = process.argv.slice(2) as [string, string, string, string];

const tell = (...what: unknown[]) => console.log(JSON.stringify(what));

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("this was to succeed");
  return value;
}

const stranger = createClient<paths>({ baseUrl });
const refused = await stranger.POST("/api/items/", { body: { name: "Cup", price: "4.50" } });
if (refused.error?.type !== "urn:triptych:problem:unauthenticated") throw new Error("a stranger may not write");
const tokens = present((await stranger.POST("/api/auth/token/", { body: { username, password } })).data);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${tokens.access}` } });

const cup = present((await client.POST("/api/items/", { body: { name: "Cup", price: "4.50", category } })).data);
tell("write", cup.name, cup.price, cup.description, cup.sku);

const change = (tag: string) =>
  client.PATCH("/api/items/{id}/", {
    params: { path: { id: cup.id }, header: { "If-Match": tag } },
    body: { price: "5.00" },
  });
const late = await change('"0"');
// @ts-expect-error: there is no such type of problem
if (late.error?.type === "urn:triptych:problem:made-up") throw new Error("types of problems are known");
if (late.error?.type !== "urn:triptych:problem:precondition-failed") throw new Error("the tag was old");
tell("refused", late.error.status satisfies 412, late.error.type);
const changed = present((await change(late.response.headers.get("ETag") ?? "")).data);
tell("written", changed.price, changed.version > cup.version);

const pages: string[][] = [];
for (let cursor: string | undefined, more = true; more; ) {
  const page = await stranger.GET("/api/items/", { params: { query: { category, limit: 2, cursor } } });
  pages.push(present(page.data).map((item) => item.name));
  cursor = /cursor=([\w-]+)>/.exec(page.response.headers.get("Link") ?? "")?.[1];
  more = cursor !== undefined;
}
tell("pages", ...pages);

const rows: components["schemas"]["BulkRow"][] = [
  { name: "Plate", price: "7.00", sku: `${category}-1`, category },
  { name: "Bowl", price: "7", sku: `${category}-2` },
];
const report = present((await client.POST("/api/items/bulk/", { body: { items: rows } })).data);
tell("bulk", ...report.items.map((row) => [row.status, Object.keys(row.errors).sort()]));

const lines = [{ item: cup.id, quantity: 3, discount: { percent: "10" } }];
const quote = present((await stranger.POST("/api/tasks/quotes/", { body: { lines, tax_rate: "19" } })).data);
tell("quote", quote.total, quote.lines.map((line) => line.name));

const nameless = (await client.POST("/api/items/", { body: { name: "", price: "4.50" } })).error;
if (nameless?.type !== "urn:triptych:problem:invalid-body") throw new Error("a name may not be empty");
tell("problem", nameless.status, nameless.type, Object.keys(nameless.errors).sort());
const lost = (await stranger.GET("/api/items/", { params: { query: { cursor: "nowhere" } } })).error;
if (lost?.type !== "urn:triptych:problem:invalid-parameter") throw new Error("this is no cursor");
tell("problem", lost.status, lost.type, Object.keys(lost.errors).sort());
// The largest id is 2^63−1, which a number of JavaScript cannot be.
const absent = (await stranger.GET("/api/items/{id}/", { params: { path: { id: Number.MAX_SAFE_INTEGER } } })).error;
if (absent?.type !== "urn:triptych:problem:not-found") throw new Error("there is no such item");
tell("problem", absent.status, absent.type);

const stream = await stranger.GET("/api/items/events/", { params: { query: { category } }, parseAs: "stream" });
const text = present(stream.data ?? undefined).pipeThrough(new TextDecoderStream()).getReader();
let read = "";
async function block(field: string): Promise<Map<string, string>> {
  for (;;) {
    for (let end = read.indexOf("\n\n"); end >= 0; end = read.indexOf("\n\n")) {
      const fields = new Map(read.slice(0, end).split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      read = read.slice(end + 2);
      if (fields.has(field)) return fields;
    }
    const { value, done } = await text.read();
    if (done) throw new Error("the stream has ended");
    read += value;
  }
}
await block("id"); // from here on everything is told
await client.PATCH("/api/items/{id}/", { params: { path: { id: cup.id } }, body: { description: "Holds tea." } });
const event = await block("data");
const told: components["schemas"]["Item"] = JSON.parse(event.get("data") ?? "");
tell("event", event.get("event"), told.description);
await text.cancel();
