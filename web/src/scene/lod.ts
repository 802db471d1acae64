/** The land's mesh: square chunks that share grids of a few levels of detail, the finer the nearer. */
import { Box3, BufferAttribute, BufferGeometry, Group, type Material, Mesh, Sphere, Vector3 } from "three";

const CHUNK = 128; // pixels a side
const LEVELS = [128, 64, 32, 16]; // cells a side
const SHARP = 1.4; // chunks away from the eye that the finest level reaches

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

/** Which level a chunk is drawn at. @param away - of its middle from the eye, in chunks. */
export function levelFor(away: number): number {
  const level = Math.floor(Math.log2(Math.max(1, away / SHARP)) + 0.5);
  return Math.min(LEVELS.length - 1, level);
}

export class LandMesh {
  readonly group = new Group();
  private readonly grids = LEVELS.map(gridWithSkirt);
  private readonly chunks: { mesh: Mesh; centre: Vector3 }[] = [];

  constructor(width: number, height: number, material: Material) {
    for (const grid of this.grids) {
      // Generous, for heights are only known to the graphics card.
      grid.boundingSphere = new Sphere(new Vector3(0.5, 0, 0.5), 1.5);
      grid.boundingBox = new Box3(new Vector3(0, -1, 0), new Vector3(1, 1, 1));
    }
    for (let z = 0; z < height; z += CHUNK) {
      for (let x = 0; x < width; x += CHUNK) {
        const wide = Math.min(CHUNK, width - x);
        const deep = Math.min(CHUNK, height - z);
        const mesh = new Mesh(this.grids[0], material);
        mesh.position.set(x - width / 2, 0, z - height / 2);
        mesh.scale.set(wide, CHUNK, deep);
        mesh.updateMatrixWorld();
        this.chunks.push({ mesh, centre: new Vector3(x - width / 2 + wide / 2, 0, z - height / 2 + deep / 2) });
        this.group.add(mesh);
      }
    }
  }

  /** Chooses levels for an eye there. */
  look(eye: Vector3): void {
    for (const { mesh, centre } of this.chunks) mesh.geometry = this.grids[levelFor(eye.distanceTo(centre) / CHUNK)]!;
  }

  dispose(): void {
    for (const grid of this.grids) grid.dispose();
  }
}
