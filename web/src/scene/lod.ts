/** The land's mesh: squares that share one grid, each cut in four the nearer it is to the eye. */
import {
  Box3,
  BufferAttribute,
  BufferGeometry,
  Frustum,
  Group,
  type Material,
  Matrix4,
  Mesh,
  type PerspectiveCamera,
  type Vector3,
} from "three";

export const CELLS = 64; // of the grid, a side
const NEAR = 4; // sides of a square between it and the eye within which it is cut

/** A grid over 0..1 in x and z with a skirt around it: y is 0 on the ground and -1 on the skirt's foot. */
export function gridWithSkirt(cells: number): BufferGeometry {
  const side = cells + 3; // points a row, the skirt's among them
  const positions = new Float32Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const inner = (at: number): number => Math.max(0, Math.min(cells, at - 1)) / cells;
      const skirt = row === 0 || column === 0 || row === side - 1 || column === side - 1;
      positions.set([inner(column), skirt ? -1 : 0, inner(row)], (row * side + column) * 3);
    }
  }
  const index = new Uint32Array((side - 1) * (side - 1) * 6);
  let at = 0;
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const a = row * side + column;
      index.set([a, a + side, a + 1, a + 1, a + side, a + side + 1], at);
      at += 6;
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setIndex(new BufferAttribute(index, 1));
  return geometry;
}

/** A square of the scene: its north-western corner and its side. */
export interface Square {
  x: number;
  z: number;
  side: number;
}

/** What is cut into squares: the map's size, its height above the sea, and its pixels' side; all in scene units. */
export interface Extent {
  width: number;
  depth: number;
  top: number;
  pixel: number;
}

/** The squares to draw the land with for an eye there, none of them outside of what `isSeen`. */
export function squaresFor(eye: Vector3, extent: Extent, isSeen: (box: Box3) => boolean): Square[] {
  const { width, depth, top, pixel } = extent;
  const least = CELLS * pixel;
  let side = least;
  while (side < Math.max(width, depth)) side *= 2;
  const found: Square[] = [];
  const box = new Box3();
  const visit = (x: number, z: number, size: number): void => {
    if (x >= width / 2 || z >= depth / 2) return;
    box.min.set(x, -size, z);
    box.max.set(Math.min(width / 2, x + size), top, Math.min(depth / 2, z + size));
    if (!isSeen(box)) return;
    box.min.y = 0;
    if (size <= least || box.distanceToPoint(eye) > size * NEAR) {
      found.push({ x, z, side: size });
      return;
    }
    const half = size / 2;
    for (const [right, down] of QUARTERS) visit(x + right * half, z + down * half, half);
  };
  visit(-width / 2, -depth / 2, side);
  return found;
}

const QUARTERS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

export class LandMesh {
  readonly group = new Group();
  private readonly grid = gridWithSkirt(CELLS);
  private readonly frustum = new Frustum();

  constructor(private material: Material) {}

  wear(material: Material): void {
    this.material = material;
    for (const mesh of this.group.children as Mesh[]) mesh.material = material;
  }

  /** Lays out the squares that this camera sees. */
  look(camera: PerspectiveCamera, extent: Extent): void {
    camera.updateMatrixWorld();
    this.frustum.setFromProjectionMatrix(
      new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse),
    );
    const squares = squaresFor(camera.position, extent, (box) => this.frustum.intersectsBox(box));
    while (this.group.children.length < squares.length) this.group.add(this.mesh());
    this.group.children.forEach((mesh, at) => {
      const square = squares[at];
      mesh.visible = square !== undefined;
      if (!square) return;
      mesh.position.set(square.x, 0, square.z);
      mesh.scale.set(square.side, square.side, square.side);
    });
  }

  dispose(): void {
    this.grid.dispose();
  }

  private mesh(): Mesh {
    const mesh = new Mesh(this.grid, this.material);
    // Heights are only known to the graphics card: what is out of sight was left out already.
    mesh.frustumCulled = false;
    return mesh;
  }
}
