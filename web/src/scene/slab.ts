/** What is around the land: the cut sides of the slab that it lies on, and the slab's shadow. */
import { BufferAttribute, BufferGeometry, type Material, Mesh, PlaneGeometry } from "three";

const POINTS = 512; // along each side

/** Four walls over 0..1 in x and z; y is 1 at the ground and 0 at the foot. */
export function wallGeometry(points = POINTS): BufferGeometry {
  const ring: [number, number][] = [];
  const corners: [number, number][] = [
    [0, 0],
    [0, 1],
    [1, 1],
    [1, 0],
  ];
  corners.forEach(([x, z], side) => {
    const [nextX, nextZ] = corners[(side + 1) % 4]!;
    for (let at = 0; at <= points; at++) ring.push([x + ((nextX - x) * at) / points, z + ((nextZ - z) * at) / points]);
  });
  const positions = new Float32Array(ring.flatMap(([x, z]) => [x, 1, z, x, 0, z]));
  const index: number[] = [];
  for (let at = 0; at + 1 < ring.length; at++) {
    const a = at * 2;
    index.push(a, a + 1, a + 2, a + 2, a + 1, a + 3);
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setIndex(index);
  return geometry;
}

export function walls(material: Material): Mesh {
  const mesh = new Mesh(wallGeometry(), material);
  mesh.frustumCulled = false;
  return mesh;
}

export function table(material: Material): Mesh {
  const geometry = new PlaneGeometry(1.4, 1.4);
  geometry.rotateX(-Math.PI / 2);
  const mesh = new Mesh(geometry, material);
  mesh.renderOrder = -1;
  return mesh;
}
