/** Walking: drag to look around, arrows or WASD to go. */
import type { PerspectiveCamera } from "three";

const WAYS = 16; // directions that are tried for an open view
const CLEAR = 40; // scene units that should be open before the eye
const SPEED = 9; // scene units a second
const KEYS: Record<string, [number, number]> = {
  KeyW: [0, 1],
  ArrowUp: [0, 1],
  KeyS: [0, -1],
  ArrowDown: [0, -1],
  KeyA: [-1, 0],
  ArrowLeft: [-1, 0],
  KeyD: [1, 0],
  ArrowRight: [1, 0],
};

/** Height of the ground at a place of the scene, scene units. */
export type GroundAt = (x: number, z: number) => number;

export class Walk {
  /** Radians a screen pixel that is dragged. */
  private static readonly LOOK = 0.004;
  private x = 0;
  private z = 0;
  private yaw = 0;
  private pitch = -0.08;
  private readonly held = new Set<string>();
  /** From a button on the screen: 1 forward, -1 back. */
  push = 0;

  constructor(
    private readonly camera: PerspectiveCamera,
    private readonly ground: GroundAt,
    private readonly extent: () => { width: number; height: number },
    /** Scene units above the ground. */
    private readonly eye: () => number,
  ) {}

  get moving(): boolean {
    return this.held.size > 0 || this.push !== 0;
  }

  /** Stands at a place, looking where the view is most open; of open ways, nearest to `towards`. */
  enter(x: number, z: number, towards: { x: number; z: number }): void {
    this.x = x;
    this.z = z;
    this.yaw = this.openWay(Math.atan2(towards.x - x, -(towards.z - z)));
    this.pitch = -0.08;
    this.held.clear();
    this.place();
  }

  look(dx: number, dy: number): void {
    this.yaw -= dx * Walk.LOOK;
    this.pitch = Math.max(-1.2, Math.min(1.2, this.pitch + dy * Walk.LOOK));
    this.place();
  }

  /** @returns whether the key is one to walk with. */
  key(code: string, down: boolean): boolean {
    if (!(code in KEYS)) return false;
    if (down) this.held.add(code);
    else this.held.delete(code);
    return true;
  }

  release(): void {
    this.held.clear();
    this.push = 0;
  }

  step(seconds: number, fast: boolean): void {
    let aside = 0;
    let ahead = this.push;
    for (const code of this.held) {
      aside += KEYS[code]![0];
      ahead += KEYS[code]![1];
    }
    const pace = SPEED * (fast ? 4 : 1) * seconds;
    const { width, height } = this.extent();
    const within = (value: number, size: number): number => Math.max(-size / 2 + 1, Math.min(size / 2 - 1, value));
    this.x = within(this.x + (Math.sin(this.yaw) * ahead + Math.cos(this.yaw) * aside) * pace, width);
    this.z = within(this.z + (-Math.cos(this.yaw) * ahead + Math.sin(this.yaw) * aside) * pace, height);
    this.place();
  }

  /** The direction in which the ground rises least before the eye. @param wanted - where it would look, radians. */
  private openWay(wanted: number): number {
    const eye = Math.max(0, this.ground(this.x, this.z)) + this.eye();
    const ways = Array.from({ length: WAYS }, (_, at) => {
      const turn = (at % 2 === 0 ? 1 : -1) * Math.ceil(at / 2);
      return wanted + (turn * 2 * Math.PI) / WAYS;
    });
    const steepest = (way: number): number => {
      let most = 0;
      for (let far = 2; far <= CLEAR; far += 2) {
        const height = this.ground(this.x + Math.sin(way) * far, this.z - Math.cos(way) * far);
        most = Math.max(most, (height - eye) / far);
      }
      return most;
    };
    const rises = ways.map(steepest);
    const least = Math.min(...rises);
    return ways[rises.findIndex((rise) => rise <= least + 0.05)]!;
  }

  place(): void {
    const { camera } = this;
    camera.position.set(this.x, Math.max(0, this.ground(this.x, this.z)) + this.eye(), this.z);
    const flat = Math.cos(this.pitch);
    camera.lookAt(
      this.x + Math.sin(this.yaw) * flat,
      camera.position.y + Math.sin(this.pitch),
      this.z - Math.cos(this.yaw) * flat,
    );
  }
}
