/** One page of a list. Iterating over it gives its items; `all()` gives those of the whole list. */
export class Page {
  #following;
  constructor(items, pagination, following) {
    this.items = items;
    this.pagination = pagination;
    this.#following = following;
  }
  get length() {
    return this.items.length;
  }
  [Symbol.iterator]() {
    return this.items[Symbol.iterator]();
  }
  /** The page after this one, or null after the last. */
  async next() {
    const cursor = this.pagination.next_cursor;
    return cursor === null ? null : this.#following(cursor);
  }
  /** Every item from this page on; pages are fetched as they are needed, by cursor. */
  async *all() {
    for (let page = this; page !== null; page = await page.next()) yield* page.items;
  }
}
