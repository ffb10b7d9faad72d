/** Sluice: large language models on any OpenCL device, the CPU, or all together. */
module dev.sluice {
    requires dev.sluice.bindings;
    requires dev.sluice.kernels;
    requires static org.jspecify;
    requires static jdk.incubator.vector;
    requires org.slf4j;
    requires info.picocli;
    requires com.fasterxml.jackson.databind;

    exports dev.sluice;
}
