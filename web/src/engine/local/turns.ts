/** One piece of work at a time, in the order in which they come; of each lane only the newest counts. */

export interface Order {
  id: number;
  lane: string;
}

/** The work is not wanted any more. */
export class Dropped extends Error {
  override name = "Dropped";
}

export class Turns<T extends Order> {
  private waiting: T[] = [];
  private working: T | null = null;
  private dropped = false;

  /**
   * @param work - does it, and calls `pause` now and then, which throws `Dropped` once it is not wanted any more.
   * @param superseded - is told of orders that a newer one of their lane has taken the place of.
   */
  constructor(
    private readonly work: (order: T, pause: () => Promise<void>) => Promise<void>,
    private readonly superseded: (id: number) => void,
  ) {}

  add(order: T): void {
    for (const { id } of this.waiting.filter(({ lane }) => lane === order.lane)) this.superseded(id);
    this.waiting = [...this.waiting.filter(({ lane }) => lane !== order.lane), order];
    if (this.working?.lane === order.lane) {
      if (!this.dropped) this.superseded(this.working.id);
      this.dropped = true;
    }
    if (!this.working) void this.run();
  }

  /** Nobody waits for it any more. */
  drop(id: number): void {
    this.waiting = this.waiting.filter((order) => order.id !== id);
    if (this.working?.id === id) this.dropped = true;
  }

  private async run(): Promise<void> {
    for (let order = this.waiting.shift(); order; order = this.waiting.shift()) {
      this.working = order;
      this.dropped = false;
      try {
        await this.work(order, this.pause);
      } catch (error) {
        if (!(error instanceof Dropped)) throw error;
      }
    }
    this.working = null;
  }

  private readonly pause = async (): Promise<void> => {
    await nextTask();
    if (this.dropped) throw new Dropped();
  };
}

/** Lets messages in. Timers would wait 4 ms each. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
