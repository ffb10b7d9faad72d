/** OpenCL C sources as resources: one file per operation, quantised formats as include files. */
module dev.sluice.kernels {
    exports dev.sluice.kernels;
}
