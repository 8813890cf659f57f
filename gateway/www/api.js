// Requests to the public API, and how each was answered.

const PATIENCE_MS = 15_000;

/** An answer that is not a list: a problem response (RFC 9457), or no answer at all. */
export class Trouble extends Error {
  constructor(title, detail, answered) {
    super(title);
    this.detail = detail;
    this.answered = answered;
  }
}

/**
 * Fetches `path`, past caches with `cache` "no-cache"; resolves to { body, next, answered }.
 * `next` is the query of the next page ("?…"), or null. `answered` is { by, cache, status, milliseconds, requestId }, where
 * `cache` is what the gateway's cache did (HIT, MISS, …), or null where it was not asked.
 * Throws Trouble, or AbortError when `signal` is aborted.
 */
export async function ask(path, signal, cache) {
  const begun = performance.now();
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let response, text;
  try {
    [response, text] = await fetched(path, { cache, signal: signal ? AbortSignal.any([signal, patience]) : patience });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw patience.aborted
      ? new Trouble("No answer", `There was no answer for ${PATIENCE_MS / 1000} seconds.`)
      : new Trouble("The gateway cannot be reached", "It may be stopped, or the network may be away.");
  }
  const answered = {
    by: response.headers.get("X-Served-By") ?? "unknown",
    cache: response.headers.get("X-Cache"),
    status: response.status,
    milliseconds: performance.now() - begun,
    requestId: response.headers.get("X-Request-Id"),
  };
  const body = parsed(text);
  if (!response.ok || body === undefined) {
    throw new Trouble(body?.title ?? `Status ${response.status}`, inWords(body, response), answered);
  }
  return { body, next: nextPage(response.headers.get("Link")), answered };
}

/** A connection that breaks, as when a laptop changes networks, is tried once more: reading twice does no harm. */
async function fetched(path, options, again = true) {
  try {
    const response = await fetch(path, options);
    return [response, await response.text()];
  } catch (error) {
    if (options.signal.aborted || !again) throw error;
    return fetched(path, options, false);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inWords(problem, response) {
  if (!problem) return `The answer (${response.status}) could not be read.`;
  const fields = Object.entries(problem.errors ?? {}).map(([field, messages]) => `${field}: ${[messages].flat().join(" ")}`);
  return [problem.detail, ...fields].filter(Boolean).join(" · ");
}

function nextPage(link) {
  return /<(\?[^>]*)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1] ?? null;
}
