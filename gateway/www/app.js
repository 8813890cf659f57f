// The page of the items: the form's values go into the address, and what the address says is requested and shown.
// So every state has a link, and the browser's own back and forward work.

import { ask, Trouble } from "./api.js";
import { watchHealth } from "./health.js";
import { followRows } from "./live.js";
import { element, rowOf } from "./rows.js";

const PARAMETERS = ["q", "category", "min_price", "max_price", "sort"];
const PAUSE_IN_TYPING_MS = 250;

const form = document.getElementById("filters");
const items = document.getElementById("items");
const table = items.querySelector("table");
const trouble = document.getElementById("trouble");
const none = document.getElementById("none");
const answer = document.getElementById("answer");
const announcement = document.getElementById("announcement");
const previous = document.getElementById("previous");
const next = document.getElementById("next");
const page = document.getElementById("page");

const live = followRows({ body: table.tBodies[0], rowOf, refresh, sign: document.getElementById("live") });

let nextQuery = null;
let asking = new AbortController();

// ── Form and address ──────────────────────────────────────────────────────────────────────────────────────────────

function addressOfForm() {
  const wanted = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value.trim()) wanted.set(name, value.trim());
  }
  return wanted.size ? `?${wanted}` : location.pathname;
}

function fillForm(wanted) {
  for (const name of PARAMETERS) {
    const field = form.elements[name];
    const value = wanted.get(name) ?? "";
    field.value = value;
    if (field.options && field.value !== value) field.append(new Option(value, value, false, true)); // a choice that only the address knows
  }
  form.elements.via.value = wanted.get("via") ?? "";
  if (!form.querySelector("[name=via]:checked")) form.elements.via.value = "";
}

/** The path in the API of what the address says. */
function pathOf(wanted) {
  const query = new URLSearchParams();
  for (const name of [...PARAMETERS, "cursor"]) {
    if (wanted.get(name)) query.set(name, wanted.get(name));
  }
  return `${prefix()}/api/items/${query.size ? `?${query}` : ""}`;
}

function prefix() {
  return form.elements.via.value && `/${form.elements.via.value}`;
}

/** Changing a filter begins again at the first page; typing does not leave an entry in the history per letter. */
function filtersChanged({ replace }) {
  const address = addressOfForm();
  history[replace ? "replaceState" : "pushState"]({ cursors: [] }, "", address);
  show();
}

// ── Asking and showing ────────────────────────────────────────────────────────────────────────────────────────────

async function show() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const wanted = new URLSearchParams(location.search);
  const path = pathOf(wanted);
  items.setAttribute("aria-busy", "true");
  try {
    const { body, next: following, answered } = await ask(path, signal);
    showItems(body);
    showPages(following);
    showAnswer(answered, path);
    announcement.textContent = `${body.length || "No"} item${body.length === 1 ? "" : "s"}, answered by ${answered.by}.`;
  } catch (error) {
    if (signal.aborted) return;
    showTrouble(error);
  }
  items.setAttribute("aria-busy", "false");
}

function showItems(list) {
  trouble.hidden = true;
  none.hidden = list.length > 0;
  table.hidden = list.length === 0;
  table.tBodies[0].replaceChildren(...list.map(rowOf));
  live.restart();
}

/** Shows what has changed since the list was answered, which may have been from a cache; who is in it stays as it is. */
async function refresh() {
  const { signal } = asking;
  try {
    const { body } = await ask(pathOf(new URLSearchParams(location.search)), signal, "no-cache");
    if (!signal.aborted) body.forEach(live.replace);
  } catch {
    return; // the next event, or the visitor, will ask again
  }
}

function showPages(following) {
  const { cursors = [] } = history.state ?? {};
  nextQuery = following;
  const onLaterPage = new URLSearchParams(location.search).has("cursor");
  previous.disabled = !onLaterPage;
  next.disabled = following === null;
  page.textContent = onLaterPage && !cursors.length ? "A later page" : `Page ${cursors.length + 1}`;
}

// What X-Cache says, for people. A stale response is served while a new one is fetched, or while no service answers.
const KEPT = { HIT: "kept by the gateway", UPDATING: "kept by the gateway", STALE: "kept by the gateway, stale" };

function showAnswer({ by, cache, status, milliseconds, requestId }, path) {
  const asked = element("a", path);
  asked.href = path;
  const by_ = element("strong", by, "by");
  by_.id = "served-by";
  by_.dataset.service = by;
  answer.replaceChildren(by_, " answered ", asked, ` with ${status} in `, element("strong", `${milliseconds.toFixed(0)} ms`));
  if (cache) {
    const kept = element("span", KEPT[cache] ?? "fetched anew", "cache");
    kept.dataset.cache = cache;
    answer.append(kept);
  }
  answer.title = requestId ? `Request ${requestId}` : "";
}

function showTrouble(error) {
  if (!(error instanceof Trouble)) throw error;
  table.hidden = true;
  none.hidden = true;
  trouble.hidden = false;
  trouble.querySelector("h2").textContent = error.message;
  trouble.querySelector(".detail").textContent = error.detail;
  const { requestId } = error.answered ?? {};
  trouble.querySelector(".request").hidden = !requestId;
  trouble.querySelector(".request code").textContent = requestId ?? "";
  showPages(null);
  if (error.answered) showAnswer(error.answered, pathOf(new URLSearchParams(location.search)));
  else answer.replaceChildren(element("span", "Nobody answered.", "muted"));
}

async function showCategories() {
  const select = form.elements.category;
  try {
    const { body } = await ask("/api/categories/");
    select.replaceChildren(select.options[0], ...body.map(({ slug, name, count }) => new Option(`${name} (${count})`, slug)));
  } catch {
    return; // the list of items says what is wrong; without categories one can still search
  }
  fillForm(new URLSearchParams(location.search));
}

// ── What the visitor does ─────────────────────────────────────────────────────────────────────────────────────────

let typing;
form.addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  const types = target.matches("[name=q], [name=min_price], [name=max_price]");
  if (types) typing = setTimeout(() => filtersChanged({ replace: true }), PAUSE_IN_TYPING_MS);
  else filtersChanged({ replace: false });
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  filtersChanged({ replace: false });
});
form.addEventListener("reset", () => setTimeout(() => filtersChanged({ replace: false })));

next.addEventListener("click", () => {
  const following = new URLSearchParams(nextQuery);
  const wanted = new URLSearchParams(location.search);
  const { cursors = [] } = history.state ?? {};
  const here = wanted.get("cursor") ?? "";
  wanted.set("cursor", following.get("cursor"));
  history.pushState({ cursors: [...cursors, here] }, "", `?${wanted}`);
  turned();
});
previous.addEventListener("click", () => {
  const wanted = new URLSearchParams(location.search);
  const { cursors = [] } = history.state ?? {};
  const before = cursors.at(-1);
  if (before) wanted.set("cursor", before);
  else wanted.delete("cursor");
  history.pushState({ cursors: cursors.slice(0, -1) }, "", wanted.size ? `?${wanted}` : location.pathname);
  turned();
});
async function turned() {
  await show();
  items.focus({ preventScroll: true });
  document.getElementById("answer").scrollIntoView({ block: "nearest" });
}

trouble.querySelector("button").addEventListener("click", show);
addEventListener("online", () => trouble.hidden || show());
addEventListener("popstate", () => {
  fillForm(new URLSearchParams(location.search));
  show();
});
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  form.elements.q.focus();
  form.elements.q.select();
});

fillForm(new URLSearchParams(location.search));
show();
showCategories();
watchHealth(document.getElementById("health"));
