int command_rules(int argc,char**argv); int command_rules(int argc,char**argv){(void)argc;(void)argv;return 1;}
