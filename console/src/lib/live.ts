// What comes by itself: the WebSocket of /ws. One connection a subscription, opened again with growing pauses, closed
// with the page that asked.
export type Topic = 'requests' | 'health' | 'usage';
export interface LiveMessage {
  type: string;
  [member: string]: unknown;
}
export type LiveState = 'connecting' | 'open' | 'closed';

export interface Subscription {
  topics: Topic[];
  filter?: Record<string, string>;
  message(message: LiveMessage): void;
  state?(state: LiveState): void;
}

const kPausesMs = [1000, 2000, 5000, 10000, 30000];

/** Returns what ends it. */
export function subscribe(wanted: Subscription): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let ended = false;

  const open = () => {
    wanted.state?.('connecting');
    socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
    socket.onopen = () => {
      attempt = 0;
      wanted.state?.('open');
      socket?.send(JSON.stringify({ subscribe: wanted.topics, ...(wanted.filter && { filter: wanted.filter }) }));
    };
    socket.onmessage = (event) => {
      try {
        wanted.message(JSON.parse(String(event.data)) as LiveMessage);
      } catch {
        // Not ours.
      }
    };
    socket.onclose = () => {
      if (ended) return;
      wanted.state?.('closed');
      timer = setTimeout(open, kPausesMs[Math.min(attempt++, kPausesMs.length - 1)]);
    };
  };
  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket?.close();
  };
}
