/** One event as `text/event-stream` has it. JSON has no line ends of its own, so one `data:` line holds it. */
export function eventText(event: string, data: object, id?: number): string {
  const number = id === undefined ? '' : `id: ${id}\n`;
  return `${number}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A line that readers skip. */
export function commentText(comment: string): string {
  return `: ${comment}\n\n`;
}

/** After how many milliseconds readers whose connection broke should come back. */
export function retryText(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`;
}
