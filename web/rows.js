// The rows of a table as far as they have come: asked anew from the first on, or gone on with where they end.

const most = 10000;  // that the api gives at once

export class Rows {
  // ask({ limit, cursor }): a page of the api.
  constructor(ask, pageRows) {
    Object.assign(this, { ask, pageRows, rows: [], next: null, asked: 0, goingOn: 0 });
  }

  // Each of these resolves with null where its answer is of no use any more, else with { error }, null if there is none.
  first(limit = this.pageRows) {
    return this.answer({ limit }, (rows) => { this.rows = rows; });
  }

  // As many as had been unfolded. What one asked to see next is waited for, not thrown away.
  async again() {
    if (this.goingOn !== 0 && this.goingOn === this.asked) return null;
    return this.first(Math.min(most, Math.max(this.pageRows, this.rows.length)));
  }

  more() {
    this.goingOn = this.asked + 1;
    return this.answer({ limit: this.pageRows, cursor: this.next }, (rows) => { this.rows.push(...rows); });
  }

  async answer(question, take) {
    this.asked += 1;
    const asked = this.asked;
    try {
      const { rows, next } = await this.ask(question);
      if (asked !== this.asked) return null;
      take(rows);
      this.next = next;
      return { error: null };
    } catch (error) {
      if (asked !== this.asked) return null;
      if (error.status === 400) {
        this.rows = [];
        this.next = null;
      }
      return { error };
    } finally {
      if (this.goingOn === asked) this.goingOn = 0;
    }
  }
}
