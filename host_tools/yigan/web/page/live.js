// The stream of events: opens it, opens it again, and says when there is none.

import { language } from "./words.js";

const SILENT_MS = 16000; // three beats
const AGAIN_MS = 1500;

/**
 * `told` gets (event name, data); `linked` gets true or false, `refused` is told of an answer that is no
 * stream. Returns what opens it anew.
 */
export function live(told, linked, refused) {
  let source = null;
  let heard = 0;
  let again = 0;
  const open = () => {
    source?.close();
    heard = Date.now();
    source = new EventSource(`/api/events?language=${language()}`);
    for (const name of ["snapshot", "slot", "gone", "bench", "beat"]) {
      source.addEventListener(name, (event) => {
        heard = Date.now();
        linked(true);
        told(name, JSON.parse(event.data));
      });
    }
    source.onerror = () => {
      linked(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries by itself
      refused();
      clearTimeout(again);
      again = setTimeout(open, AGAIN_MS);
    };
  };
  open();
  setInterval(() => {
    if (Date.now() - heard < SILENT_MS) return;
    linked(false);
    open();
  }, 2000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - heard > SILENT_MS / 2) open(); // a phone that slept
  });
  return open;
}
