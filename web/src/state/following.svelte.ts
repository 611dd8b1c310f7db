/** The flow whose bytes are being read, over whatever place; null: none. */
class Following {
  flow = $state.raw<number | string | null>(null);
}

export const following = new Following();
