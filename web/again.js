// When a page asks again: what is shown is known by what has come, not by what was asked for.

// A part of a page whose rows have a revision. ask(): resolves with whether rows came.
export class Part {
  constructor(ask) {
    Object.assign(this, { ask, shown: undefined, turn: null });
  }

  // Neither shown nor on its way.
  isBehind(revision) {
    return (this.turn ? this.turn.revision : this.shown) !== revision;
  }

  async bring(revision, ask = this.ask) {
    const turn = { revision };
    this.turn = turn;
    let came = false;
    try {
      came = await ask();
    } finally {
      // What was asked for since then tells for itself.
      if (this.turn === turn) {
        this.turn = null;
        this.shown = came ? revision : undefined;
      }
    }
  }
}

// Not more often than once in so many milliseconds, however often one looks.
export class Pace {
  constructor(every) {
    Object.assign(this, { every, last: -Infinity });
  }

  isDue(now) { return now - this.last >= this.every; }
  mark(now) { this.last = now; }
}
