import type { ServingReply, ServingRequest } from './serving-message.js';

/**
 * Where a session lives: a thread for models of our own, a process for imported ones, because a crash of native code
 * ends the whole process that it happens in.
 */
export interface SessionHost {
  post(request: ServingRequest): void;
  /** Settles when the host has ended, with what it said about it; never rejects. */
  ended: Promise<string>;
  /** Ends it at once, also inside native code. A thread cannot be: that aborts the process. */
  kill?: () => void;
}

/** @param onReply gets every answer, in order */
export type StartHost = (onReply: (reply: ServingReply) => void) => SessionHost;
