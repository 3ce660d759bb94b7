import { afterAll, beforeAll, beforeEach } from 'vitest';
import { FakeDoor } from './fake-door.ts';
import { FakeWeb } from './web-server.ts';

/** The pages of one test file, on a free port. Each test gets a fresh keeper behind them. */
export function sharedWeb(): FakeWeb {
  const web = new FakeWeb();
  beforeAll(async () => await web.listen());
  afterAll(async () => await web[Symbol.asyncDispose]());
  beforeEach(() => {
    web.door = new FakeDoor();
    web.hostname = 'hearth';
  });
  return web;
}
