/**
 * Bytes as a stream that is read only as fast as it is wanted. `cancel` lets go of where they come
 * from; by default the iteration ends once its next piece has come.
 */
export function streamOf(
  pieces: AsyncIterable<Uint8Array>,
  cancel?: () => void,
): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => (cancel ? cancel() : void (await iterator.return?.())),
    },
    { highWaterMark: 0 },
  );
}
