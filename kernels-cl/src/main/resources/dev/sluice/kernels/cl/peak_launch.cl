// Does nothing, which shows what a launch costs.
//
// x   any buffer; not touched

kernel void peak_launch(global int *x) {
}
