/** OpenCL, and the few C-library calls Sluice needs, through Java's Foreign Function and Memory API. */
module dev.sluice.bindings {
    requires java.management;
    requires jdk.management;
    requires static org.jspecify;
    requires org.slf4j;

    exports dev.sluice.opencl;
    exports dev.sluice.system;
}
