/**
 * Resolves when what this process printed is in its pipes: Node queues what a pipe does not take at once, and a result
 * that goes by another channel would overtake it.
 */
export async function flushOutput(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  );
}
