/** The right to do a named job until a moment. `holder` is one process: a random id that it made at its start. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly until: number;
}

export interface LeaseStore {
  /**
   * Takes or prolongs a lease in one conditional statement: false while another holder has it at `now`, unless it has it for so long that
   * only a clock which was set back explains it. Of any number at once, in any process, one
   * gets it. In a transaction nobody else gets it before that one ends, so that what is written beside it is written by the holder alone, however late.
   */
  takeLease(lease: Lease, now: number): Promise<boolean>;
  /** Gives a lease back before its end; that of another holder stays. */
  endLease(lease: Pick<Lease, "name" | "holder">): Promise<void>;
}
