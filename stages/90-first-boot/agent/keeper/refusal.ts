/** `bad`: no valid call. `session`: the token is unknown or over. `phase`: not in this phase. */
export type KeeperRefusalReason = 'bad' | 'session' | 'phase';

/** Ends a call without doing anything. The text is only for the journal: it holds nothing of what was sent. */
export class KeeperRefusal extends Error {
  override readonly name = 'KeeperRefusal';
  readonly reason: KeeperRefusalReason;

  constructor(reason: KeeperRefusalReason, detail: string = reason) {
    super(detail);
    this.reason = reason;
  }
}
