import { describe, expect, it } from 'vitest';
import { handlerSources, withImageArchitecture } from '../../../builder/host/handlers.ts';

function program(...strings: readonly string[]): Buffer {
  return Buffer.from(`\x7fELF\x02\x01\0${strings.map((text) => `${text}\0`).join('')}\xff\xfe`, 'latin1');
}

describe('withImageArchitecture', () => {
  it('changes the word of its own and the one in the version, and nothing else', () => {
    const made = withImageArchitecture(program('arch-native', 'amd64', 'any', '1.22.22 (amd64)', 'x86_64'));

    expect(made).toEqual(program('arch-native', 'arm64', 'any', '1.22.22 (arm64)', 'x86_64'));
  });

  it.each([
    ['names the host in another way', program('amd64', 'linux-amd64')],
    ['does not name the host', program('arm64')],
    ['is a script', Buffer.from('#!/bin/sh\n: \0amd64\0')],
  ])('leaves a program alone that %s', (_name, bytes) => {
    expect(withImageArchitecture(bytes)).toBeUndefined();
  });
});

describe('handlerSources', () => {
  it('has the dispatcher and every list, so that a change makes another tools tree', () => {
    const sources = handlerSources();

    for (const part of ['void dispatch(', '"dpkg-divert"', '"sed"', '"py_compile"']) {
      expect(sources).toContain(part);
    }
  });
});
