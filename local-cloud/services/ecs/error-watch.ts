/**
 * Express's rollback alarm: 4xx and 5xx together above 1 % at two of the last three one-minute points (Amazon ECS
 * developer guide, "Express Mode"; facts of November 2026).
 */
export class ErrorWatch {
  readonly #period: number;
  readonly #points = new Map<number, { total: number; errors: number }>();

  /** @param period milliseconds of one point: a minute, divided by the cloud's speed */
  constructor(period: number) {
    this.#period = period;
  }

  add(error: boolean, now: number): void {
    const at = Math.floor(now / this.#period);
    const point = this.#points.get(at) ?? { total: 0, errors: 0 };
    point.total++;
    if (error) point.errors++;
    this.#points.set(at, point);
    for (const old of this.#points.keys()) if (old < at - 3) this.#points.delete(old);
  }

  rings(now: number): boolean {
    const at = Math.floor(now / this.#period);
    const bad = [at - 2, at - 1, at].filter((i) => {
      const point = this.#points.get(i);
      return point !== undefined && point.errors / point.total > 0.01;
    });
    return bad.length >= 2;
  }
}
