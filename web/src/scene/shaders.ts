/** Shaders of the land. One unit of the scene is one map pixel; x is east, z is south, y is up. */

const HEIGHT = /* glsl */ `
  uniform highp sampler2D heights;
  uniform vec2 size;
  uniform float lift;

  float heightAt(vec2 pixel) {
    vec2 at = clamp(pixel - 0.5, vec2(0.0), size - 1.001);
    ivec2 low = ivec2(floor(at));
    vec2 part = at - vec2(low);
    ivec2 most = ivec2(size) - 1;
    float a = texelFetch(heights, low, 0).r;
    float b = texelFetch(heights, min(low + ivec2(1, 0), most), 0).r;
    float c = texelFetch(heights, min(low + ivec2(0, 1), most), 0).r;
    float d = texelFetch(heights, min(low + ivec2(1, 1), most), 0).r;
    return mix(mix(a, b, part.x), mix(c, d, part.x), part.y) * lift;
  }
`;

export const LAND_VERTEX = /* glsl */ `
  ${HEIGHT}
  varying vec3 place;

  void main() {
    vec4 world = modelMatrix * vec4(position.x, 0.0, position.z, 1.0);
    vec2 pixel = world.xz + size * 0.5;
    // Skirts (y = -1) hang below the edges, so that neighbours of another level of detail leave no gap.
    world.y = heightAt(pixel) + position.y * (0.01 * size.x * step(0.5, -position.y));
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
  varying vec3 place;
  ${NOISE}
  ${AIR}

  vec3 landLight(vec3 colour, vec3 normal, float lit) {
    float direct = max(0.0, dot(normal, sun)) * lit;
    vec3 ambient = skyColour * (0.62 + 0.38 * normal.y);
    return colour * (sunColour * direct + ambient);
  }

  vec3 water(vec3 colour, float lit, vec3 eye) {
    vec2 p = place.xz * 1.7;
    vec2 ripple = vec2(noise(p) - noise(p + 17.3), noise(p + 41.7) - noise(p + 73.1));
    vec3 normal = normalize(vec3(ripple.x * 0.05, 1.0, ripple.y * 0.05));
    float facing = max(0.0, dot(normal, eye));
    float mirror = 0.02 + 0.6 * pow(1.0 - facing, 5.0);
    vec3 body = mix(colour, colour * vec3(0.45, 0.8, 1.05), 0.6);
    vec3 deep = body * (sunColour * (0.2 + 0.6 * max(0.0, sun.y)) * (0.65 + 0.35 * lit) + skyColour * 0.7);
    float glint = pow(max(0.0, dot(normalize(sun + eye), normal)), 180.0) * lit;
    return mix(deep, skyColour * 1.15, mirror) + sunColour * glint * 0.55;
  }

  void main() {
    vec2 at = place.xz / size + 0.5;
    vec4 r = texture2D(relief, at);
    vec2 tilt = (r.xy * 255.0 - 128.0) / 127.0;
    float up = sqrt(max(0.02, 1.0 - dot(tilt, tilt)));
    vec3 normal = normalize(vec3(tilt.x * turn, up, tilt.y * turn));
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
    if (waterOn > 0.0) seen = mix(seen, water(colour, lit, eye), smoothstep(0.4, 0.6, r.z));
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
    ground = heightAt(pixel);
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
