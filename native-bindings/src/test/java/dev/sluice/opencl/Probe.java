package dev.sluice.opencl;

/** What a child process runs: prints whether there is OpenCL, and what it found. */
final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
        switch (OpenCl.load()) {
            case OpenCl.Available opencl ->
                System.out.println("available, platforms " + opencl.platforms().size() + ", devices "
                        + opencl.devices().size());
            case OpenCl.Unavailable none -> System.out.println("unavailable: " + none.reason() + " | " + none.remedy());
        }
    }
}
