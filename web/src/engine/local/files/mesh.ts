/** The mesh that OBJ, GLB and STL share: `spade_terrain.export.meshes` says how each is read. */

export interface Mesh {
  columns: number;
  rows: number;
  /** X east, Y up, Z south, metres; the middle of the map at X = Z = 0, the sea at Y = 0. */
  vertices: Float32Array<ArrayBuffer>;
  normals: Float32Array<ArrayBuffer>;
  /** From the texture's top left corner, at the pixels' centres. */
  uv: Float32Array<ArrayBuffer>;
  /** Triangles, counter-clockwise seen from above. */
  faces: Uint32Array<ArrayBuffer>;
}

/** A vertex a pixel, row by row. */
export function meshOf(heights: Float32Array, columns: number, rows: number, spacing: number, vertical: number): Mesh {
  const count = columns * rows;
  const [vertices, normals, uv] = [
    new Float32Array(3 * count),
    new Float32Array(3 * count),
    new Float32Array(2 * count),
  ];
  for (let y = 0; y < rows; y++) {
    const [north, south] = [Math.max(y - 1, 0), Math.min(y + 1, rows - 1)];
    for (let x = 0; x < columns; x++) {
      const [west, east] = [Math.max(x - 1, 0), Math.min(x + 1, columns - 1)];
      const i = y * columns + x;
      const at = (column: number, row: number): number => heights[row * columns + column]! * vertical;
      vertices.set([(x - (columns - 1) / 2) * spacing, at(x, y), (y - (rows - 1) / 2) * spacing], 3 * i);
      const toEast = (at(east, y) - at(west, y)) / ((east - west) * spacing);
      const toSouth = (at(x, south) - at(x, north)) / ((south - north) * spacing);
      const length = Math.hypot(toEast, toSouth, 1);
      normals.set([-toEast / length, 1 / length, -toSouth / length], 3 * i);
      uv.set([(x + 0.5) / columns, (y + 0.5) / rows], 2 * i);
    }
  }
  return { columns, rows, vertices, normals, uv, faces: facesOf(columns, rows) };
}

function facesOf(columns: number, rows: number): Uint32Array<ArrayBuffer> {
  const faces = new Uint32Array(6 * (columns - 1) * (rows - 1));
  let at = 0;
  for (let y = 0; y < rows - 1; y++) {
    for (let x = 0; x < columns - 1; x++) {
      const northWest = y * columns + x;
      const [northEast, southWest, southEast] = [northWest + 1, northWest + columns, northWest + columns + 1];
      faces.set([northWest, southWest, northEast, northEast, southWest, southEast], at);
      at += 6;
    }
  }
  return faces;
}
