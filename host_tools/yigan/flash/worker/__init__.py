"""The process that holds one port and esptool; its parent is `yigan.flash.esp`."""
