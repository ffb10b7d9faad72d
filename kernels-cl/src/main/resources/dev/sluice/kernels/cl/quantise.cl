// Rounds activations to bytes, 32 columns to a scale: x = s * q, s = max|x| / 127, q to the nearest, halves to even.
//
// x        f32 [tokens, columns] from element x_at; columns are a multiple of 32
// bytes    int32 [tokens, columns / 4]: four columns each
// scales   f32 [tokens, columns / 32, 4]: s; s times the sum of the first 16 q; of the other 16; of all. A number that is
//          infinite or none makes them NaN
//
// A work-item has the 32 columns that dimension 0 says of the token that dimension 1 says.

kernel void quantise(const global float *x, int x_at, int columns, global int *bytes, global float *scales) {
    int part = get_global_id(0);
    size_t token = get_global_id(1);
    int parts = columns / 32;
    if (part >= parts) {
        return;
    }
    x += x_at + token * columns + 32 * part;
    bytes += (token * parts + part) * 8;
    scales += (token * parts + part) * 4;
    float4 most = 0.0f;
    float4 sound = 0.0f;
    for (int i = 0; i < 8; i++) {
        float4 v = vload4(i, x);
        most = fmax(most, fabs(v));
        sound += v * 0.0f;
    }
    float largest = fmax(fmax(most.x, most.y), fmax(most.z, most.w));
    float inverse = largest > 0.0f ? 127.0f / largest : 0.0f;
    // Below the smallest scale whose inverse is a number, the columns are as good as zero.
    inverse = isinf(inverse) ? 0.0f : inverse;
    float scale = largest / 127.0f + ((sound.x + sound.y) + (sound.z + sound.w));
    float sums[2];
    for (int half_part = 0; half_part < 2; half_part++) {
        int sum = 0;
        for (int i = 4 * half_part; i < 4 * half_part + 4; i++) {
            int4 q = convert_int4_sat_rte(vload4(i, x) * inverse);
            sum += (q.x + q.y) + (q.z + q.w);
            bytes[i] = as_int(convert_char4_sat(q));
        }
        sums[half_part] = convert_float(sum);
    }
    scales[0] = scale;
    scales[1] = scale * sums[0];
    scales[2] = scale * sums[1];
    scales[3] = scale * (sums[0] + sums[1]);
}
