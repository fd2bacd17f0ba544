import ArgumentParser

/// What the executable runs.
package enum LDRPrograms {
    package static func ldr() async { await LDRCommand.main() }
}
