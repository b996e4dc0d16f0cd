/** On whose behalf something is changed. */
export interface Caller {
  name: string;
  /** Of the HTTP request; null for what a pipeline or a schedule does. */
  request_id: string | null;
}
