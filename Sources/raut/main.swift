import Foundation
import System

exit(CommandLineInterface.main(Array(FileName.arguments.dropFirst())))
