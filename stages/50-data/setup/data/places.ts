/** The units start only while this file is there. */
export const switchFile = '/var/lib/hearth/data/on';
/** Ports, names and passwords of the services: DataRecord as JSON. Only for root. */
export const recordFile = '/var/lib/hearth/data.json';
/** Holds how many MiB were free when the guard stopped the services. */
export const fullMark = '/run/hearth-data/full';
/** Settings that the steps write. */
export const settingsFolder = '/etc/hearth/data';
export const dataFolder = '/srv/hearth';
export const postgresFolder = `${dataFolder}/postgres`;
export const clusterFolder = `${postgresFolder}/17`;
export const valkeyFolder = `${dataFolder}/valkey`;
/** What a restore left to be taken over. */
export const restoreFolder = '/var/lib/hearth/restore/postgres';

/** Address of this device for containers; an address of lo. */
export const address = '10.44.0.1';
/** Addresses of all containers. */
export const containers = '10.42.0.0/16';

export const postgresPrograms = '/usr/lib/postgresql/17/bin';

export const units = {
  address: 'hearth-data-address.service',
  postgres: 'hearth-postgres.service',
  pool: 'pgbouncer.service',
  valkey: 'valkey-server.service',
  guard: 'hearth-data-guard.service',
} as const;
