import type { DevicePhase } from './device-phase.ts';

/** What the device shows of itself to somebody who holds it in hands. */
export interface Face {
  readonly hostname: string;
  /** `http://192.168.1.20`, best first. */
  readonly addresses: readonly string[];
  /** Only while it is needed. */
  readonly code?: string;
  readonly phase: DevicePhase;
  /** Name of the setup hotspot, while it is on. */
  readonly hotspot?: string;
}

/** http://hearth.local */
export function pageUrl(face: Pick<Face, 'hostname'>): string {
  return `http://${face.hostname}.local`;
}

/**
 * The page's address with the code behind it: a part of the address that a browser keeps to itself, so no log of a
 * network ever has it.
 */
export function claimUrl(face: Face): string | undefined {
  return face.code === undefined ? undefined : `${pageUrl(face)}/#code=${face.code}`;
}
