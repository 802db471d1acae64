/** Shaders of the land. One unit of the scene is one map pixel; x is east, z is south, y is up. */
import { CELLS } from "./lod";

const HEIGHT = /* glsl */ `
  uniform highp sampler2D heights;
  uniform vec2 size;
  uniform float lift;

  /** At a place of the map, in its pixels, between the points of a level of detail. */
  float heightAt(vec2 pixel, int level) {
    ivec2 most = textureSize(heights, level) - 1;
    vec2 at = clamp(pixel / size * vec2(most + 1) - 0.5, vec2(0.0), vec2(most));
    ivec2 low = ivec2(at);
    ivec2 high = min(low + 1, most);
    vec2 part = at - vec2(low);
    float a = texelFetch(heights, low, level).r;
    float b = texelFetch(heights, ivec2(high.x, low.y), level).r;
    float c = texelFetch(heights, ivec2(low.x, high.y), level).r;
    float d = texelFetch(heights, high, level).r;
    return mix(mix(a, b, part.x), mix(c, d, part.x), part.y) * lift;
  }
`;

export const LAND_VERTEX = /* glsl */ `
  ${HEIGHT}
  uniform float detail;
  uniform float depth;
  uniform int levels;
  varying vec3 place;

  void main() {
    vec4 world = modelMatrix * vec4(position.x, 0.0, position.z, 1.0);
    // The last squares of a map reach beyond it.
    world.xz = min(world.xz, size * 0.5);
    float cell = modelMatrix[0][0] / ${CELLS}.0 * detail; // in pixels of the land
    int level = clamp(int(log2(cell) + 0.5), 0, levels - 1);
    // Skirts (y = -1) hang below the edges, so that neighbours of another level of detail leave no gap, but not out of
    // the slab. Not on the map's border, where walls stand before them.
    vec2 inside = step(abs(world.xz), size * 0.5 - 0.01);
    float skirt = min(0.25 * modelMatrix[0][0], 0.9 * depth) * inside.x * inside.y;
    world.y = heightAt(world.xz + size * 0.5, level) + position.y * skirt;
    place = world.xyz;
    gl_Position = projectionMatrix * viewMatrix * world;
  }
`;

const NOISE = /* glsl */ `
  float hash(vec2 p) {
    uvec2 q = uvec2(ivec2(p)) * uvec2(1597334673u, 3812015801u);
    uint n = (q.x ^ q.y) * 1597334673u;
    return float(n) * (1.0 / 4294967295.0);
  }
  float noise(vec2 p) {
    vec2 i = floor(p);
    vec2 f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
  }
`;

export const AIR = /* glsl */ `
  uniform vec3 air;
  uniform float fog;
  uniform float sight;

  vec3 throughAir(vec3 colour, vec3 at) {
    float far = distance(cameraPosition, at) / sight;
    float low = exp(-max(0.0, at.y) * 40.0 / sight);
    return mix(colour, air, fog * (1.0 - exp(-far * far * 0.9)) * mix(0.45, 1.0, low));
  }
`;

export const LAND_FRAGMENT = /* glsl */ `
  uniform sampler2D albedo;
  uniform sampler2D relief;
  uniform sampler2D sunlit;
  uniform vec2 size;
  uniform vec3 sun;
  uniform vec3 sunColour;
  uniform vec3 skyColour;
  uniform float turn;
  uniform float waterOn;
  uniform float wire;
  uniform float time;
  uniform float detail;
  varying vec3 place;
  const vec3 RIVER = vec3(0.07, 0.17, 0.27);
  ${NOISE}
  ${AIR}

  vec3 landLight(vec3 colour, vec3 normal, float lit) {
    float direct = max(0.0, dot(normal, sun)) * lit;
    vec3 ambient = skyColour * (0.62 + 0.38 * normal.y);
    return colour * (sunColour * direct + ambient);
  }

  /** Waves of one length: how they lean, x and z. p counts in them; drift is where they go. */
  vec2 waves(vec2 p, vec2 drift) {
    vec2 q = p + time * drift;
    return vec2(noise(q) - noise(q + 17.3), noise(q + 41.7) - noise(q + 73.1));
  }

  /** Waves of three lengths, each as far as it is wider than a pixel of the screen: farther it would only flicker. */
  vec2 ripples(vec2 p, float away) {
    vec2 lean = waves(p * 0.45, vec2(0.16, 0.09)) * (1.0 - smoothstep(300.0, 1000.0, away));
    lean += waves(p * 1.7, vec2(0.31, 0.19)) * (1.0 - smoothstep(70.0, 240.0, away));
    lean += waves(p * 4.9, vec2(-0.43, 0.57)) * 0.7 * (1.0 - smoothstep(25.0, 90.0, away));
    return lean * 0.05;
  }

  /** @param shore - 0 on open water to 1 beside the land. @param open - 0 near land to 1 on the high sea. */
  vec3 water(vec3 colour, float lit, vec3 eye, float shore, float open) {
    vec2 lean = ripples(place.xz, distance(cameraPosition, place));
    vec3 normal = normalize(vec3(lean.x, 1.0, lean.y));
    float facing = max(0.0, dot(normal, eye));
    float mirror = 0.02 + 0.6 * pow(1.0 - facing, 5.0);
    vec3 body = mix(colour, colour * vec3(0.45, 0.8, 1.05), 0.6);
    body = mix(body, body * vec3(1.25, 1.5, 1.35) + vec3(0.0, 0.018, 0.016), 0.6 * shore);
    body *= mix(vec3(1.0), vec3(0.52, 0.68, 0.8), open);
    vec3 deep = body * (sunColour * (0.2 + 0.6 * max(0.0, sun.y)) * (0.65 + 0.35 * lit) + skyColour * 0.7);
    deep *= 1.0 + 1.6 * dot(lean, sun.xz);
    float glint = pow(max(0.0, dot(normalize(sun + eye), normal)), 180.0) * lit;
    return mix(deep, skyColour * 1.15, mirror) + sunColour * glint * 0.55;
  }

  void main() {
    vec2 at = place.xz / size + 0.5;
    vec4 r = texture2D(relief, at);
    vec2 tilt = (r.xy * 255.0 - 128.0) / 127.0;
    float up = sqrt(max(0.02, 1.0 - dot(tilt, tilt)));
    // Slopes that are seen more closely are steeper: as they are, every side away from the sun would be black.
    tilt *= turn * pow(detail, -0.35);
    vec3 normal = normalize(vec3(tilt.x, up, tilt.y));
    vec3 colour = texture2D(albedo, at).rgb;
    float lit = texture2D(sunlit, at).r;
    vec3 eye = normalize(cameraPosition - place);

    // Grain near the eye, where a pixel of the map is wide.
    float near = 1.0 - smoothstep(4.0, 40.0, distance(cameraPosition, place));
    if (near > 0.0) {
      // Steep ground goes by its height, too, or the grain would be drawn out on it.
      vec2 p = place.xz + place.y * vec2(0.83, 0.57);
      float grain = noise(p * 6.0) * 0.5 + noise(p * 23.0) * 0.3 + noise(p * 90.0) * 0.2;
      colour *= 1.0 + (grain - 0.5) * 0.35 * near * (1.0 - r.z);
    }
    vec3 seen = landLight(colour, normal, lit);
    if (waterOn > 0.0) {
      float wide = smoothstep(0.4, 0.6, r.z);
      // From afar a river covers little of a pixel of the screen, and has to be seen all the same.
      float afar = clamp(log2(length(fwidth(at)) * float(textureSize(relief, 0).x)) * 0.5, 0.0, 1.0);
      float wet = max(wide, smoothstep(mix(0.06, 0.09, afar), mix(0.5, 0.3, afar), r.w) * 0.9);
      // The share of water around, from a coarser picture of it: less beside land.
      float shore = 1.0 - smoothstep(0.55, 1.0, textureLod(relief, at, log2(detail) + 2.0).z);
      float around = textureLod(relief, at, log2(detail) + 4.0).z + textureLod(relief, at, log2(detail) + 5.0).z;
      float open = smoothstep(1.2, 2.0, around);
      vec3 ground = mix(mix(colour, RIVER, 0.65), colour, wide);
      if (wet > 0.0) seen = mix(seen, water(ground, lit, eye, shore, open), wet);
    }
    if (wire > 0.0) seen = mix(seen, vec3(0.05), 0.55);
    gl_FragColor = vec4(throughAir(seen, place), 1.0);
    #include <tonemapping_fragment>
    #include <colorspace_fragment>
  }
`;

export const SIDE_VERTEX = /* glsl */ `
  ${HEIGHT}
  uniform float depth;
  varying vec3 place;
  varying float ground;

  void main() {
    vec2 pixel = position.xz * size;
    ground = heightAt(pixel, 0);
    // y is 1 at the ground and 0 at the slab's foot. A little outside, to stand before the land's skirts.
    vec2 out_ = (position.xz - 0.5) * (size + 0.2);
    place = vec3(out_.x, mix(-depth, ground, position.y), out_.y);
    gl_Position = projectionMatrix * viewMatrix * vec4(place, 1.0);
  }
`;

export const SIDE_FRAGMENT = /* glsl */ `
  uniform float depth;
  uniform vec3 skyColour;
  uniform vec3 sunColour;
  uniform vec3 sun;
  uniform vec3 rock;
  uniform vec3 sea;
  varying vec3 place;
  varying float ground;
  ${NOISE}
  ${AIR}

  void main() {
    vec3 normal = normalize(cross(dFdx(place), dFdy(place)));
    float below = clamp(-place.y / depth, 0.0, 1.0);
    float along = place.x + place.z;
    float bands = noise(vec2(along * 0.02, (ground - place.y) / depth * 9.0 + noise(vec2(along * 0.05, 3.0)) * 1.5));
    vec3 colour = rock * (0.82 + 0.32 * bands) * (1.0 - 0.35 * below);
    float wet = (1.0 - smoothstep(0.0, 0.02, ground)) * (1.0 - smoothstep(0.28, 0.36, below + 0.05 * noise(vec2(along * 0.06, 9.0))));
    colour = mix(colour, sea * (1.0 - 1.1 * below), wet);
    vec3 light = sunColour * (0.18 + 0.5 * max(0.0, dot(normal, sun))) + skyColour * 0.8;
    gl_FragColor = vec4(throughAir(colour * light, place), 1.0);
    #include <tonemapping_fragment>
    #include <colorspace_fragment>
  }
`;

/** A soft shadow under the slab, as if it lay on a table. */
export const TABLE_VERTEX = /* glsl */ `
  varying vec2 at;
  void main() {
    at = position.xz;
    gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  }
`;

export const TABLE_FRAGMENT = /* glsl */ `
  uniform float strength;
  varying vec2 at;
  void main() {
    vec2 out_ = max(abs(at) - 0.47, 0.0);
    float far = length(out_) / 0.2;
    gl_FragColor = vec4(0.0, 0.0, 0.0, strength * pow(max(0.0, 1.0 - far), 2.2));
  }
`;

export const SKY_VERTEX = /* glsl */ `
  varying vec3 way;
  void main() {
    way = position;
    vec4 at = projectionMatrix * mat4(mat3(viewMatrix)) * vec4(position, 1.0);
    gl_Position = at.xyww;
  }
`;

export const SKY_FRAGMENT = /* glsl */ `
  uniform vec3 air;
  uniform vec3 sun;
  uniform vec3 sunColour;
  varying vec3 way;
  void main() {
    vec3 to = normalize(way);
    vec3 zenith = mix(vec3(0.10, 0.24, 0.52), vec3(0.05, 0.08, 0.2), 1.0 - smoothstep(0.0, 0.4, sun.y));
    vec3 colour = mix(air, zenith, smoothstep(0.0, 0.55, to.y));
    float near = max(0.0, dot(to, sun));
    colour += sunColour * (pow(near, 900.0) * 2.0 + pow(near, 12.0) * 0.12);
    gl_FragColor = vec4(colour, 1.0);
    #include <tonemapping_fragment>
    #include <colorspace_fragment>
  }
`;
