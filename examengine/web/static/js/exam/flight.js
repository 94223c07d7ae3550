/** One save under way, and what becomes of it. */

import { Problem, putSave } from "./api.js";
import { now } from "./clock.js";
import { sha256 } from "./digest.js";
import { bytes } from "./entries.js";

const KEEPALIVE_MOST = 60 * 1024; // browsers carry 64 KiB over the end of a page

const FATES = {
  "signed-out": "held",
  paused: "held",
  "taken-over": "stopped",
  closed: "stopped",
  "not-found": "stopped",
  "unknown-slot": "stopped",
  "too-late": "late",
  "too-many": "full",
  "key-reused": "reused",
};

/**
 * @typedef {{seq: number, body: string, after: Record<string, unknown>, times: Record<string, number>,
 *   flags: Record<string, boolean>, spliced: boolean, alive?: boolean}} Flight
 * @typedef {"saved"|"differs"|"whole"|"apart"|"refused"|"reused"|"late"|"held"|"stopped"|"full"|"again"} Fate
 */

export const mayOutlive = (flight) => bytes(flight.body) <= KEEPALIVE_MOST;
export const OUTLIVING_MOST = KEEPALIVE_MOST;

export function send(flight, { url, epoch, token }, keepalive) {
  return putSave(`${url}/${epoch}/${flight.seq}`, flight.body, { token, clock: now(), keepalive });
}

/** What a refusal means for the flight; anything unknown passes by itself and is tried again. */
function fateOf(flight, { code }) {
  if (code !== "malformed" && code !== "too-large") return FATES[code] ?? "again";
  if (code === "malformed" && flight.spliced) return "whole";
  const entries = Object.keys(flight.after).length + Object.keys(flight.flags).length;
  return entries > 1 ? "apart" : "refused";
}

/**
 * Send it once. Only an answer that carries the hash of this very body counts as an acknowledgement.
 * @returns {Promise<{fate: Fate, answer?: any, problem?: Problem}>}
 */
export async function fly(flight, route, keepalive) {
  try {
    const answer = await send(flight, route, keepalive);
    if (answer.data.sha256 === (await sha256(flight.body))) return { fate: "saved", answer };
    return { fate: "differs", problem: new Problem(200, "mismatch") };
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(0, "");
    return { fate: fateOf(flight, problem), problem };
  }
}
