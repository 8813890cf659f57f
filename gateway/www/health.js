// Shows whether each process lives and is ready. Requests every ten seconds, and only while the page is visible.

const EVERY_MS = 10_000;
const PATIENCE_MS = 4_000;

async function isOk(path) {
  try {
    return (await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

async function look(entry) {
  const [lives, ready] = await Promise.all(["/livez", "/readyz"].map((path) => isOk(entry.dataset.prefix + path)));
  entry.dataset.state = ready ? "ready" : lives ? "unready" : "away";
  entry.querySelector(".state").textContent = ready ? "ready" : lives ? "lives, not ready" : "away";
}

/** Keeps the entries of `list` up to date; each names the prefix of its process in `data-prefix`. */
export function watchHealth(list) {
  for (const entry of list.children) {
    const state = document.createElement("span");
    state.className = "state";
    state.textContent = "asking…";
    entry.append(state);
  }
  let timer;
  const round = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    await Promise.all([...list.children].map(look));
    clearTimeout(timer);
    timer = setTimeout(round, EVERY_MS);
  };
  document.addEventListener("visibilitychange", round);
  round();
}
