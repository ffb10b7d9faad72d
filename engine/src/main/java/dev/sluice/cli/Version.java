package dev.sluice.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: Sluice and the Java that runs it. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        Module module = Version.class.getModule();
        String own = module.isNamed()
                ? module.getDescriptor().rawVersion().orElse("(unknown version)")
                : "(on the class path)";
        return new String[] {
            "sluice " + own,
            "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
