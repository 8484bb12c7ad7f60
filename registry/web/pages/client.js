// Asks the server: the JSON API, and live events. The token, if there is one, stays in this tab.

const KEY = "admin-token";

const stored = () => {
  try { return sessionStorage.getItem(KEY) ?? ""; } catch { return ""; }
};

let token = stored();

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

export const signedIn = () => token !== "";

export const useToken = (value) => {
  token = value;
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch { /* it is kept until the page is left */ }
};

const headers = (shown = token) => (shown ? { authorization: `Bearer ${shown}` } : {});

const refusal = async (response) => {
  let text = `the server answered ${response.status}`;
  try { text = (await response.json()).error ?? text; } catch { /* no JSON: the number says it */ }
  return new Refused(response.status, text);
};

export const get = async (path, { as = token, signal } = {}) => {
  const response = await fetch(`/api/v1${path}`, { headers: headers(as), signal });
  if (!response.ok) throw await refusal(response);
  return response.json();
};

// Every page of a list, one after the other.
export async function* pages(path, limit, signal) {
  let after = "";
  do {
    const query = new URLSearchParams({ limit });
    if (after) query.set("after", after);
    const page = await get(`${path}?${query}`, { signal });
    yield page;
    after = page.next_after;
  } while (after !== null);
}

const pause = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});

const readStream = async (response, tell) => {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const messages = (text + value).split("\n\n");
    text = messages.pop();
    for (const message of messages) {
      const data = message.split("\n").find((line) => line.startsWith("data: "));
      if (data) tell(JSON.parse(data.slice(6)));
    }
  }
};

// Not an EventSource, which cannot show a token. Connects again until the signal says to stop.
export const follow = async (tell, say, signal) => {
  let wait = 1000;
  while (!signal.aborted) {
    try {
      const response = await fetch("/api/v1/events", { headers: headers(), signal });
      if (!response.ok) throw await refusal(response);
      say("live");
      wait = 1000;
      await readStream(response, tell);
    } catch { /* the connection is gone: try again */ }
    if (signal.aborted) return;
    say("reconnecting");
    await pause(wait, signal);
    wait = Math.min(wait * 2, 30000);
  }
};
