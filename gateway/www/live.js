// Keeps the rows that are shown as the items are: a changed one is replaced and lights up, a deleted one is crossed out.
// An addition to the page: without a stream it works as before, and does not change by itself.

const PAUSE_MS = 500; // nobody follows a page that is only leafed through
const BEGUN_MS = 250; // what only says when to come again opens as a stream does, and has ended by then
const AGAIN_MS = 5_000; // after an answer that the browser takes for final

/**
 * Follows the items of a table's `body`. `rowOf` makes a row of an item, `refresh` asks for the list again without a word,
 * `sign` shows whether changes are seen. Returns { restart, replace }:
 * the one to call whenever the rows are others, the other shows an item as it is now.
 */
export function followRows({ body, rowOf, refresh, sign }) {
  let stream = null;
  let starting;
  let beginning;

  function stop() {
    clearTimeout(starting);
    clearTimeout(beginning);
    stream?.close();
    stream = null;
    sign.hidden = true;
  }

  function restart(pause = PAUSE_MS) {
    stop();
    if (!document.hidden) starting = setTimeout(start, pause); // browsers allow few connections: only who is seen has one
  }

  function start() {
    const ids = [...body.rows].map((row) => row.dataset.id).slice(0, 100);
    if (!ids.length) return;
    const following = (stream = new EventSource(`/api/items/events/?ids=${ids}`));
    following.addEventListener("open", () => {
      beginning = setTimeout(() => {
        sign.hidden = false;
        refresh(); // what changed between the list and now
      }, BEGUN_MS);
    });
    following.addEventListener("error", () => {
      clearTimeout(beginning);
      sign.hidden = true;
      if (following.readyState === EventSource.CLOSED && following === stream) restart(AGAIN_MS);
    });
    following.addEventListener("resync", refresh);
    following.addEventListener("changed", ({ data }) => replace(JSON.parse(data)));
    following.addEventListener("deleted", ({ data }) => rowWith(JSON.parse(data).id)?.classList.add("deleted"));
  }

  function rowWith(id) {
    return body.querySelector(`tr[data-id="${id}"]`);
  }

  function replace(item) {
    const old = rowWith(item.id);
    if (!old || old.dataset.version === String(item.version)) return;
    const row = rowOf(item);
    row.classList.add("just-changed");
    old.replaceWith(row);
  }

  document.addEventListener("visibilitychange", () => restart());
  return { restart, replace };
}
