// So many at a time, the others wait: a browser has six connections to a server, and the page's own questions need some.

export class Queue {
  constructor(most) {
    Object.assign(this, { most, running: 0, waiting: [] });
  }

  get isFull() { return this.running >= this.most; }

  // start(): begins it and gives { done, cancel() }, and so does this. What someone waits for goes before what is only
  // looked at.
  add(start, urgent = false) {
    const job = { start, urgent, cancel: null };
    const done = new Promise((resolve, reject) => Object.assign(job, { resolve, reject }));
    const behind = this.waiting.findIndex((other) => urgent && !other.urgent);
    this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, job);
    this.next();
    return { done, cancel: () => (job.cancel ? job.cancel() : this.drop(job)) };
  }

  drop(job) {
    this.waiting = this.waiting.filter((other) => other !== job);
    job.reject(new DOMException("ended", "AbortError"));
  }

  next() {
    if (this.isFull || this.waiting.length === 0) return;
    const job = this.waiting.shift();
    const begun = job.start();
    job.cancel = begun.cancel;
    this.running += 1;
    begun.done.then(job.resolve, job.reject).finally(() => {
      this.running -= 1;
      this.next();
    });
    this.next();
  }
}
