/** Requests to the server, and its problems (RFC 9457) as exceptions. */

const TIMEOUT = 20_000;
const CODE_OF_STATUS = { 401: "signed-out", 413: "too-large" }; // said by a proxy, without a problem document

export class Problem extends Error {
  /**
   * @param {number} status 0 when no answer came
   * @param {string} code the protocol's word, or "" for anything that passes by itself
   * @param {Record<string, any>} data
   */
  constructor(status, code, data = {}) {
    super(data.detail || data.title || code || String(status));
    this.status = status;
    this.code = code;
    this.data = data;
  }

  /** No answer at all: the network, not the server. */
  get unreachable() {
    return this.status === 0;
  }
}

/**
 * Ask and give the JSON of a good answer with the moments (performance.now) around it.
 * @returns {Promise<{data: Record<string, any>, sent: number, got: number}>}
 */
export async function ask(url, { method = "GET", headers = {}, body, keepalive = false } = {}) {
  const sent = performance.now();
  let response, text;
  try {
    response = await fetch(url, {
      method,
      // No session speaks on the save path: the page says in which language problems are told.
      headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang, ...headers },
      body,
      keepalive,
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    text = await response.text();
  } catch {
    throw new Problem(0, "");
  }
  const got = performance.now();
  // Only a log-in page is ever redirected to from here.
  if (response.type === "opaqueredirect") throw new Problem(401, "signed-out");
  let data = null;
  try {
    data = JSON.parse(text);
  } catch {
    // A proxy's page: what it says by its status is all there is.
  }
  const told = data && typeof data === "object" ? data : null;
  if (!response.ok) throw new Problem(response.status, told?.code ?? CODE_OF_STATUS[response.status] ?? "", told ?? {});
  if (!told) throw new Problem(response.status, "");
  return { data: told, sent, got };
}

export function putSave(url, body, { token, clock, keepalive }) {
  const headers = { "Content-Type": "application/json", "Attempt-Token": token, "Page-Clock": String(clock) };
  return ask(url, { method: "PUT", headers, body, keepalive });
}

/** Without a token the session answers, and may give a new token. */
export function getStatus(url, token) {
  return ask(url, { headers: token ? { "Attempt-Token": token } : {} });
}

export function postSubmit(url, token, seq, digest) {
  const headers = { "Content-Type": "application/json", "Attempt-Token": token };
  return ask(url, { method: "POST", headers, body: JSON.stringify({ seq, digest }) });
}
