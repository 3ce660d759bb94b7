import http from 'node:http';
import net from 'node:net';
import { runInside } from './container.mjs';

/** Asks once, as the kubelet does: from the device, by the pod's address. */
export async function ask(probe, { address, folder, user }) {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1_000;
  if (probe.httpGet !== undefined) return await askHttp(probe.httpGet, { address, timeoutMs });
  if (probe.tcpSocket !== undefined) return await askTcp(probe.tcpSocket, { address, timeoutMs });
  return await runInside(folder, probe.exec.command, { ...user, timeoutMs });
}

function askHttp({ path, port, httpHeaders = [] }, { address, timeoutMs }) {
  // The name that the kubelet says is the pod's address.
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
  return new Promise((resolve) => {
    const request = http.get(
      { host: address, port, path, headers, timeout: timeoutMs, agent: false },
      (reply) => {
        reply.resume();
        resolve(reply.statusCode >= 200 && reply.statusCode < 400);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function askTcp({ port }, { address, timeoutMs }) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port, timeout: timeoutMs });
    const end = (isGood) => {
      socket.destroy();
      resolve(isGood);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** Keeps count of what a probe said; `now` in milliseconds. */
export function probeState(probe, nowMs) {
  return { dueMs: nowMs + (probe.initialDelaySeconds ?? 0) * 1_000, good: 0, bad: 0 };
}

/** Notes an answer: undefined while nothing is decided, else true or false. */
export function note(probe, state, isGood, nowMs) {
  state.dueMs = nowMs + (probe.periodSeconds ?? 10) * 1_000;
  [state.good, state.bad] = isGood ? [state.good + 1, 0] : [0, state.bad + 1];
  if (state.good >= (probe.successThreshold ?? 1)) return true;
  return state.bad >= (probe.failureThreshold ?? 3) ? false : undefined;
}
